//! The command line; the library does the work.

fn main() -> std::process::ExitCode {
    ferrodesk::cli::main()
}
