//! Auctions over a board's page: everybody has a browser, and the keyholders are processes.

use crate::{
    browser::Browser,
    market::{Market, Times},
};

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// A key is made in this browser, for this auction.
async fn arrive(browser: &Browser, market: &Market) {
    browser.go(&market.address).await;
    browser.click("#make-key").await;
    browser.find("#party").await;
}

/// Bids on the first lot, once bids are due; what is asked before it binds.
async fn bid(browser: &Browser, price: &str) -> String {
    browser.type_into("#price-0", price).await;
    browser.click("[data-lot='0'] form button").await;
    let words = browser.text("#confirm-words").await;
    browser.click("#confirm").await;
    words
}

/// The result of the first lot.
async fn result(browser: &Browser) -> String {
    let found = browser.find("[data-result]").await;
    found.attr("data-result").await.unwrap().unwrap()
}

#[tokio::test]
async fn three_browsers_hold_an_auction_and_reloads_lose_nothing() {
    let browsers = [Browser::open(1280).await, Browser::open(390).await, Browser::open(1280).await];
    let [birch, cedar, dogwood] = &browsers;
    // The board's clock counts, whatever a bidder's says.
    cedar.set_clock(HOUR).await;
    let times = Times { deals: 9_000, commits: 25_000, reveals: 60_000 };
    let market = Market::open(&times, "");
    for browser in &browsers {
        arrive(browser, &market).await;
    }
    let party = birch.text("#party").await;
    birch.reload().await;
    assert_eq!(birch.text("#party").await, party);

    let words = bid(birch, "99-16+").await;
    assert_eq!(words, "99-16+ = 99.515625 % of 5,000,000 = 4,975,781.25");
    // Once it is shown it is kept, whether the commit has left or not.
    birch.find("[data-state]").await;
    birch.reload().await;
    bid(cedar, "99-17").await;
    let countdown = cedar.text("#countdown").await;
    assert!(countdown.len() <= 4, "less than ten minutes: {countdown}");
    let until = cedar.text("#until").await;
    assert!(until.contains("ahead; the countdown goes by the board's"), "{until}");
    // What is no price of the grid is refused before anything is asked.
    dogwood.type_into("#price-0", "99.16").await;
    dogwood.find("#price-0[aria-invalid=true]").await;
    let words = dogwood.text("#price-0-words").await;
    assert!(words.contains("\"99.16\" is not on the grid"), "{words}");
    dogwood.run("document.getElementById('price-0').value = ''").await;
    bid(dogwood, "99-08").await;
    for browser in &browsers {
        browser.find("[data-state=committed]").await;
        assert!(browser.text("#stay").await.contains("Keep this page open"));
    }
    // This one comes back in the middle, the other two stay.
    birch.go("about:blank").await;
    cedar.find("#phase[data-phase=Reveals]").await;
    birch.go(&market.address).await;

    assert_eq!(result(cedar).await, "Hit");
    assert_eq!(result(birch).await, "DoneAway");
    assert_eq!(result(dogwood).await, "DoneAway");
    let told = birch.text("[data-result]").await;
    assert!(told.contains("Your bid: 99-16+") && told.contains("The price: 99-17"), "{told}");
    birch.reload().await;
    assert_eq!(result(birch).await, "DoneAway");
    // Each has receipts of its commit and of its reveal, which this browser checked.
    for browser in &browsers {
        let receipts = browser
            .run_async(
                "const store = await import('/store.js');
                 const auction = location.pathname.split('/').at(-1);
                 const party = await store.chosen(auction);
                 for (let tries = 0; tries < 50; tries++) {
                     if ((await store.receipts(auction, party)).length >= 2) break;
                     await new Promise((done) => setTimeout(done, 200));
                 }
                 return (await store.receipts(auction, party)).length;",
            )
            .await;
        assert_eq!(receipts, 2);
        assert!(!browser.has(".fault strong").await, "{}", browser.text("main").await);
    }
    let (server, auction) = market.address.split_once("/a/").unwrap();
    dogwood.go(&format!("{server}/#verify/{auction}")).await;
    let verdict = dogwood.text("#verdict").await;
    assert!(verdict.starts_with("VALID"), "{verdict}");
    for browser in browsers {
        browser.close().await;
    }
}

/// Two tabs of one bidder bid at the same time.
#[tokio::test]
async fn of_two_tabs_one_makes_the_bid() {
    let browser = Browser::open(1280).await;
    let market = Market::open(&Times { deals: 5_000, commits: 20_000, reveals: 60_000 }, "");
    arrive(&browser, &market).await;
    browser.find("#price-0").await;
    let other = browser.open_tab(&market.address).await;
    browser.type_into("#price-0", "95-00").await;
    browser.click("[data-lot='0'] form button").await;
    browser.find("#confirm").await;
    // While this one asks, the other one bids.
    let first = browser.switch_to(other).await;
    bid(&browser, "96-00").await;
    browser.find("[data-state=committed]").await;
    browser.switch_to(first).await;
    browser.click("#confirm").await;
    let said = browser.text("#wrong .fault").await;
    assert!(said.contains("Another tab of this browser made a bid of 96-00"), "{said}");
    assert!(browser.text("[data-state]").await.contains("96-00"));
    browser.close().await;
}

/// Saves the browser's key to `mine.key`.
async fn save_key(browser: &Browser, market: &Market) {
    use std::os::unix::fs::PermissionsExt as _;
    let file = browser
        .run_async(
            "const { Engine } = await import('/engine.js');
             const store = await import('/store.js');
             const auction = location.pathname.split('/').at(-1);
             const { key } = await store.key(await store.chosen(auction));
             const fields = { key, passphrase: 'correct horse battery' };
             const { payload } = await new Engine('locks').call('lock', fields);
             return new TextDecoder().decode(payload);",
        )
        .await;
    std::fs::write(market.path("mine.key"), file.as_str().unwrap()).unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(market.path("mine.key"), private).unwrap();
}

/// A bidder whose browser is gone reveals with the command line and the key file of the page.
#[tokio::test]
async fn the_command_line_reveals_what_a_browser_committed() {
    let browser = Browser::open(1280).await;
    let market = Market::open(&Times { deals: 5_000, commits: 12_000, reveals: 60_000 }, "");
    arrive(&browser, &market).await;
    bid(&browser, "95-00").await;
    browser.find("[data-state=committed]").await;
    save_key(&browser, &market).await;
    browser.go("about:blank").await;
    market.done(&["reveal", "board", "--key", "mine.key", "--wait"]);
    market.done(&["result", "board", "--key", "mine.key", "--wait"]);
    browser.go(&market.address).await;
    assert_eq!(result(&browser).await, "Hit");
    browser.close().await;
}

/// The browser's own bid never arrives, and the command line makes another one with the same key.
#[tokio::test]
async fn a_bid_made_elsewhere_with_the_same_key_is_found_and_revealed() {
    let browser = Browser::open(1280).await;
    let market = Market::open(&Times { deals: 5_000, commits: 25_000, reveals: 60_000 }, "");
    arrive(&browser, &market).await;
    save_key(&browser, &market).await;
    browser.find("#price-0").await;
    // A board that takes nothing, and says that it did: nothing that it did not sign is believed.
    browser
        .run(
            "const fetched = window.fetch;
             window.fetch = (path, options) => options?.method === 'POST'
                 ? Promise.resolve(Response.json({ state: 'accepted', entry: 5, receipt: null }))
                 : fetched(path, options);",
        )
        .await;
    bid(&browser, "96-00").await;
    browser.find("[data-state=kept]").await;
    market.done(&["bid", "board", "--key", "mine.key", "--wait", "--yes", "XS0004120779=95-00"]);
    let state = browser.text("[data-state=committed]").await;
    assert!(state.contains("made by another browser or program"), "{state}");
    let said = browser.text("#said").await;
    assert!(!said.contains("signed for it"), "{said}");
    // From here on the board's answers are its own.
    browser.go(&market.address).await;
    assert_eq!(result(&browser).await, "Hit");
    let told = browser.text("[data-result]").await;
    assert!(told.contains("Your bid: 95-00"), "{told}");
    browser.close().await;
}

/// In the second round the board never takes what repeats the bid on one of two lots.
#[tokio::test]
async fn in_a_later_round_a_lot_with_trouble_keeps_no_other_from_being_repeated() {
    let browser = Browser::open(1280).await;
    let more = "[disclosure]\ndepth_from = 2\n\
                [rounds]\nlimit = 2\ncommits = \"12s\"\nreveals = \"60s\"\n\
                [[lots]]\nname = \"Principality of Ruritania 2041\"\nidentifier = \"RURITANIA\"\nquantity = 1000000\n\
                side = \"sale\"\nscale = \"256ths\"\ntick = \"1/64\"\nstart = \"90-00\"\nend = \"107-31\"\n";
    let market = Market::open(&Times { deals: 5_000, commits: 25_000, reveals: 60_000 }, more);
    arrive(&browser, &market).await;
    bid(&browser, "95-00").await;
    browser.find("[data-lot='0'] [data-state]").await;
    browser.type_into("#price-1", "96-00").await;
    browser.click("[data-lot='1'] form button").await;
    browser.click("#confirm").await;
    browser.find("[data-lot='1'] [data-state=committed]").await;
    // Somebody else, so that there is a depth.
    market.done(&["key", "new", "other.key", "--work-factor", "4"]);
    let bids = ["XS0004120779=97-00", "RURITANIA=97-00"];
    let other = ["bid", "board", "--key", "other.key", "--wait", "--yes"];
    market.done(&[&other[..], &bids].concat());
    market.done(&["reveal", "board", "--key", "other.key", "--wait"]);
    browser.find("[data-lot='1'] [data-state=revealed]").await;
    browser
        .run(
            "const fetched = window.fetch;
             let first = null;
             window.fetch = (path, options) => {
                 if (options?.method !== 'POST') return fetched(path, options);
                 first ??= String(options.body);
                 return first === String(options.body) ? Promise.resolve(new Response('', { status: 202 })) : fetched(path, options);
             };",
        )
        .await;
    browser.find("[data-lot='0'] [data-state=kept]").await;
    browser.find("[data-lot='1'] [data-state=committed]").await;
    browser.close().await;
}

/// The board shows that the reveals have begun, and signs nothing of it for a while.
#[tokio::test]
async fn nothing_is_revealed_on_a_history_that_the_board_did_not_sign() {
    let browser = Browser::open(1280).await;
    let market = Market::open(&Times { deals: 5_000, commits: 12_000, reveals: 60_000 }, "");
    arrive(&browser, &market).await;
    bid(&browser, "95-00").await;
    browser.find("[data-state=committed]").await;
    browser
        .run(
            "const fetched = window.fetch;
             window.seen = { looks: 0, posts: 0 };
             window.restore = () => { window.fetch = fetched; };
             window.fetch = (path, options) => {
                 if (options?.method === 'POST') window.seen.posts++;
                 if (!path.endsWith('/checkpoint')) return fetched(path, options);
                 const isLate = document.getElementById('phase').dataset.phase === 'Reveals';
                 if (isLate) window.seen.looks++;
                 return Promise.resolve(new Response('', { status: 404 }));
             };",
        )
        .await;
    let posts = browser
        .run_async(
            "while (window.seen.looks < 2) await new Promise((done) => setTimeout(done, 100));
             return window.seen.posts;",
        )
        .await;
    assert_eq!(posts, 0);
    browser.run("window.restore()").await;
    browser.find("[data-state=revealed], [data-result]").await;
    browser.close().await;
}
