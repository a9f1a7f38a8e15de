//! What fuzzing has found worth keeping, run through what is fuzzed. `script/fuzz` looks for more.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::Path;

#[test]
fn what_fuzzers_have_found_does_no_harm() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, target) in targets::TARGETS {
        let files: Vec<_> =
            fs::read_dir(corpus.join(name)).expect("a corpus").map(|file| file.expect("a file").path()).collect();
        assert!(files.len() > 5, "{name} has {} inputs", files.len());
        for file in files {
            // A failure names the input.
            println!("{}", file.display());
            target(&fs::read(&file).expect("its bytes"));
        }
    }
}
