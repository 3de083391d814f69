//! `talea` as the README's commands find it when they are tested.

fn main() -> std::process::ExitCode {
    talea_cli::cli::main()
}
