//! Whatever people send is shown as text: nothing of it runs, loads or leads anywhere.

mod control;
mod detector;
mod payloads;
