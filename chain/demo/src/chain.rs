//! A chain of one contract: blocks, balances, the machine, events.
//!
//! A message is a transaction of its own. It succeeds as a whole or leaves nothing but its failure; coins that
//! came with it go back.

use crate::{
    gas::{Gas, MULTIPLIER, message},
    store::{Records, Store},
};
use cosmwasm_std::{
    Addr, Attribute, BankMsg, Binary, BlockInfo, Checksum, Coin, ContractInfo, ContractResult,
    CosmosMsg, Empty, Env, Event, MessageInfo, Response, Timestamp, TransactionInfo, Uint256,
    from_json, to_json_vec,
};
use cosmwasm_vm::{
    Backend, Cache, CacheOptions, GasReport, Instance, InstanceOptions, Size, VmError,
    call_execute, call_instantiate, call_query, capabilities_from_csv,
    testing::{MockApi, MockQuerier},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, sync::Arc};
use talea_chain::message::{ExecuteMsg, InstantiateMsg, QueryMsg};
use tempfile::TempDir;

/// What the chain is called.
pub const CHAIN_ID: &str = "talea-test-1";
/// The prefix of its addresses.
const PREFIX: &str = "cosmwasm";
/// Bytes of wasm that a chain takes by default: `MaxWasmSize` of `wasmd`.
pub const MAX_WASM_BYTES: usize = 800 * 1024;
/// What the chain offers to contracts beyond the first version.
const CAPABILITIES: &str =
    "iterator,cosmwasm_1_1,cosmwasm_1_2,cosmwasm_1_3,cosmwasm_1_4,cosmwasm_2_0";
/// What a transaction may cost here: more than any chain allows, so that everything is measured.
const GAS_LIMIT: u64 = 1_000_000_000;
/// Seconds from one block to the next, and of the first.
const BLOCK_SECONDS: u64 = 5;
const GENESIS_SECONDS: u64 = 1_767_225_600;

type Machine = Cache<MockApi, Store, MockQuerier>;

/// Why a message failed. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// The contract refused, in these words.
    #[error("{0}")]
    Refused(String),
    /// The machine stopped the contract.
    #[error("the machine stopped: {0}")]
    Machine(String),
    /// The sender does not have these coins.
    #[error("{0} does not have {1}")]
    Funds(String, String),
}

impl From<VmError> for Failed {
    fn from(error: VmError) -> Self {
        Self::Machine(error.to_string())
    }
}

/// What a message did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What it cost.
    pub gas: Gas,
    /// Its bytes, as JSON.
    pub bytes: usize,
    /// Its events, as the chain writes them.
    pub events: Vec<Event>,
    /// Records written, and their bytes, key and value.
    pub written: (usize, usize),
}

/// A transaction that is on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The block.
    pub height: u64,
    /// Its place in the block, from 0.
    pub index: u32,
    /// Its hash.
    pub hash: Checksum,
    /// Its events; nothing if it failed.
    pub events: Option<Vec<Event>>,
    /// What it cost, in all.
    pub gas: u64,
}

/// StoredCode that a chain has stored, after the validation that chains make.
#[derive(Clone)]
pub struct StoredCode {
    machine: Arc<Machine>,
    checksum: Checksum,
    bytes: usize,
    /// Where the machine keeps what it compiled.
    _folder: Arc<TempDir>,
}

/// A chain with one contract.
pub struct Chain {
    code: StoredCode,
    gas_limit: u64,
    contract: String,
    height: u64,
    index: u32,
    records: Arc<Records>,
    balances: BTreeMap<(String, String), Uint256>,
    transactions: Vec<Transaction>,
}

/// The address that this chain gives to whoever is called so.
#[must_use]
pub fn address(name: &str) -> String {
    MockApi::default().with_prefix(PREFIX).addr_make(name)
}

impl StoredCode {
    /// Stores code.
    ///
    /// # Errors
    /// [`Failed::Machine`] if the code is not taken.
    pub fn store(wasm: &[u8]) -> Result<Self, Failed> {
        if wasm.len() > MAX_WASM_BYTES {
            let sentence =
                format!("the code has {} bytes, and chains take {MAX_WASM_BYTES}", wasm.len());
            return Err(Failed::Machine(sentence));
        }
        let folder = tempfile::tempdir().map_err(|error| Failed::Machine(error.to_string()))?;
        let capabilities = capabilities_from_csv(CAPABILITIES);
        let (cached, instance) = (Size::mebi(200), Size::mebi(64));
        let options = CacheOptions::new(folder.path(), capabilities, cached, instance);
        // SAFETY: the folder was made just now, for this process alone, and nobody else writes into it.
        #[allow(unsafe_code, reason = "the machine trusts what lies in its folder")]
        let machine = unsafe { Machine::new(options) }?;
        let checksum = machine.store_code(wasm, true, true)?;
        machine.pin(&checksum)?;
        let (machine, folder) = (Arc::new(machine), Arc::new(folder));
        Ok(Self { machine, checksum, bytes: wasm.len(), _folder: folder })
    }

    /// How many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Chain {
    /// A chain at its first block, on which nobody has anything.
    #[must_use]
    pub fn new(code: &StoredCode) -> Self {
        Self {
            code: code.clone(),
            gas_limit: GAS_LIMIT,
            contract: address("contract"),
            height: 1,
            index: 0,
            records: Arc::default(),
            balances: BTreeMap::new(),
            transactions: Vec::new(),
        }
    }

    /// The address of the contract.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.contract
    }

    /// What a transaction may cost from now on.
    pub fn limit_gas(&mut self, limit: u64) {
        self.gas_limit = limit;
    }

    /// The height of the block that is being made.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.height
    }

    /// Goes on to a later block.
    pub fn advance_to(&mut self, height: u64) {
        if height > self.height {
            (self.height, self.index) = (height, 0);
        }
    }

    /// The time of the block, in seconds since 1970.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        GENESIS_SECONDS.saturating_add(self.height.saturating_mul(BLOCK_SECONDS))
    }

    /// What the chain stores for the contract.
    #[must_use]
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Every transaction so far.
    #[must_use]
    pub fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    /// How many coins of a kind an address has.
    #[must_use]
    pub fn balance(&self, address: &str, denom: &str) -> Uint256 {
        let key = (address.to_owned(), denom.to_owned());
        self.balances.get(&key).copied().unwrap_or_default()
    }

    /// Gives an address coins out of nothing.
    pub fn mint(&mut self, address: &str, coin: &Coin) {
        let key = (address.to_owned(), coin.denom.clone());
        let balance = self.balances.entry(key).or_default();
        *balance = balance.saturating_add(coin.amount);
    }

    /// Makes the contract.
    ///
    /// # Errors
    /// [`Failed`]; then nothing has changed.
    pub fn instantiate(
        &mut self,
        sender: &str,
        message: &InstantiateMsg,
        funds: &[Coin],
    ) -> Result<Done, Failed> {
        self.instantiate_bytes(sender, &json(message)?, funds)
    }

    /// The same with a message that may be anything.
    ///
    /// # Errors
    /// [`Failed`]; then nothing has changed.
    pub fn instantiate_bytes(
        &mut self,
        sender: &str,
        message: &[u8],
        funds: &[Coin],
    ) -> Result<Done, Failed> {
        self.transact(sender, funds, message, |instance, env, info| {
            call_instantiate::<_, _, _, Empty>(instance, env, info, message)
        })
    }

    /// Sends the contract a message.
    ///
    /// # Errors
    /// [`Failed`]; then nothing has changed.
    pub fn execute(
        &mut self,
        sender: &str,
        message: &ExecuteMsg,
        funds: &[Coin],
    ) -> Result<Done, Failed> {
        self.execute_bytes(sender, &json(message)?, funds)
    }

    /// The same with a message that may be anything.
    ///
    /// # Errors
    /// [`Failed`]; then nothing has changed.
    pub fn execute_bytes(
        &mut self,
        sender: &str,
        message: &[u8],
        funds: &[Coin],
    ) -> Result<Done, Failed> {
        self.transact(sender, funds, message, |instance, env, info| {
            call_execute::<_, _, _, Empty>(instance, env, info, message)
        })
    }

    /// Asks the contract.
    ///
    /// # Errors
    /// [`Failed`].
    pub fn query<T: DeserializeOwned>(&self, message: &QueryMsg) -> Result<T, Failed> {
        let answer = self.query_bytes(&json(message)?)?;
        from_json(&answer).map_err(|error| Failed::Machine(error.to_string()))
    }

    /// The same with a message that may be anything; the answer as JSON.
    ///
    /// # Errors
    /// [`Failed`].
    pub fn query_bytes(&self, message: &[u8]) -> Result<Binary, Failed> {
        let store = Store::over(Arc::clone(&self.records));
        let mut instance = self.instance(store)?;
        let answer = call_query(&mut instance, &self.env(), message)?;
        answer.into_result().map_err(Failed::Refused)
    }

    fn instance(&self, store: Store) -> Result<Running, VmError> {
        let api = MockApi::default().with_prefix(PREFIX);
        let backend = Backend { api, storage: store, querier: MockQuerier::new(&[]) };
        let gas_limit = self.gas_limit.saturating_mul(MULTIPLIER);
        self.code.machine.get_instance(&self.code.checksum, backend, InstanceOptions { gas_limit })
    }

    fn env(&self) -> Env {
        Env {
            block: BlockInfo {
                height: self.height,
                time: Timestamp::from_seconds(self.seconds()),
                chain_id: CHAIN_ID.into(),
            },
            transaction: Some(TransactionInfo::new(self.index, self.hash().as_slice().into())),
            contract: ContractInfo { address: Addr::unchecked(&self.contract) },
        }
    }

    /// The hash of the transaction that is next: its place on the chain.
    fn hash(&self) -> Checksum {
        Checksum::generate(format!("{CHAIN_ID} {} {}", self.height, self.index).as_bytes())
    }

    fn transact(
        &mut self,
        sender: &str,
        funds: &[Coin],
        message: &[u8],
        call: impl FnOnce(&mut Running, &Env, &MessageInfo) -> Result<Called, VmError>,
    ) -> Result<Done, Failed> {
        let (height, index, hash) = (self.height, self.index, self.hash());
        let done = self.attempt(sender, funds, message, call);
        self.index = self.index.saturating_add(1);
        let (events, gas) = match &done {
            Ok(done) => (Some(done.events.clone()), done.gas.total()),
            Err(_) => (None, 0),
        };
        self.transactions.push(Transaction { height, index, hash, events, gas });
        done
    }

    /// A transaction on copies, which take the place of what they are copies of when all has succeeded.
    fn attempt(
        &mut self,
        sender: &str,
        funds: &[Coin],
        message: &[u8],
        call: impl FnOnce(&mut Running, &Env, &MessageInfo) -> Result<Called, VmError>,
    ) -> Result<Done, Failed> {
        let mut balances = self.balances.clone();
        transfer(&mut balances, (sender, &self.contract), funds)?;
        let info = MessageInfo { sender: Addr::unchecked(sender), funds: funds.to_vec() };
        let mut instance = self.instance(Store::over(Arc::clone(&self.records)))?;
        let called = call(&mut instance, &self.env(), &info);
        let report = instance.create_gas_report();
        let response = called?.into_result().map_err(Failed::Refused)?;
        for message in &response.messages {
            let CosmosMsg::Bank(BankMsg::Send { to_address, amount }) = &message.msg else {
                return Err(Failed::Machine(
                    "the contract sent a message that is not to the bank".into(),
                ));
            };
            transfer(&mut balances, (&self.contract, to_address), amount)?;
        }
        let events = self.events(&response);
        let gas = gas(&report, &events);
        let store =
            instance.recycle().ok_or_else(|| Failed::Machine("the storage is lost".into()))?;
        let written = store.storage.into_written();
        let bytes = written.iter().map(|(k, v)| k.len() + v.as_ref().map_or(0, Vec::len)).sum();
        let count = written.len();
        let records = Arc::make_mut(&mut self.records);
        for (key, value) in written {
            match value {
                Some(value) => records.insert(key, value),
                None => records.remove(&key),
            };
        }
        self.balances = balances;
        Ok(Done { gas, bytes: message.len(), events, written: (count, bytes) })
    }

    /// The events of a response as a chain writes them: with its own prefix, and the contract's address.
    fn events(&self, response: &Response) -> Vec<Event> {
        let own = |attributes: &[Attribute], event: Event| {
            event
                .add_attribute("_contract_address", &self.contract)
                .add_attributes(attributes.to_vec())
        };
        let mut events = Vec::new();
        if !response.attributes.is_empty() {
            events.push(own(&response.attributes, Event::new("wasm")));
        }
        let of = |event: &Event| own(&event.attributes, Event::new(format!("wasm-{}", event.ty)));
        events.extend(response.events.iter().map(of));
        events
    }
}

type Running = Instance<MockApi, Store, MockQuerier>;
type Called = ContractResult<Response>;

fn json(message: &impl Serialize) -> Result<Vec<u8>, Failed> {
    to_json_vec(message).map_err(|error| Failed::Machine(error.to_string()))
}

/// Moves coins from one address to another.
fn transfer(
    balances: &mut BTreeMap<(String, String), Uint256>,
    (from, to): (&str, &str),
    coins: &[Coin],
) -> Result<(), Failed> {
    for coin in coins {
        let balance = balances.entry((from.to_owned(), coin.denom.clone())).or_default();
        let rest = balance.checked_sub(coin.amount);
        *balance = rest.map_err(|_| Failed::Funds(from.to_owned(), coin.to_string()))?;
        let balance = balances.entry((to.to_owned(), coin.denom.clone())).or_default();
        *balance = balance.saturating_add(coin.amount);
    }
    Ok(())
}

/// What a chain charges: for the machine, for storage, and for events.
fn gas(report: &GasReport, events: &[Event]) -> Gas {
    let length = |text: &str| u64::try_from(text.len()).unwrap_or(u64::MAX);
    let attributes = || events.iter().flat_map(|event| &event.attributes);
    let data: u64 = attributes().map(|a| length(&a.key) + length(&a.value)).sum();
    let types: u64 = events.iter().map(|event| length(&event.ty)).sum();
    let bytes = data.saturating_sub(message::ATTRIBUTE_FREE) + types;
    let counts = message::EVENT * u64::try_from(events.len()).unwrap_or(u64::MAX)
        + message::ATTRIBUTE * u64::try_from(attributes().count()).unwrap_or(u64::MAX);
    Gas {
        machine: report.used_internally / MULTIPLIER,
        storage: report.used_externally / MULTIPLIER,
        events: counts + message::ATTRIBUTE_BYTE * bytes,
    }
}
