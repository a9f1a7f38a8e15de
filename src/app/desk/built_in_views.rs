//! The views that every desk has.

/// A view that is there without anybody having saved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltInView {
    /// The word for it in addresses.
    pub word: &'static str,
    pub name: &'static str,
    /// The query of the list of tickets, as a saved view has it.
    pub query: &'static str,
}

const fn view(word: &'static str, name: &'static str, query: &'static str) -> BuiltInView {
    BuiltInView { word, name, query }
}

/// All there are, in the order in which they are shown. Where an answer is waited for, who has waited longest comes first.
pub const BUILT_IN: [BuiltInView; 7] = [
    view("mine", "Mine", "assignee=me&status=open,processing"),
    view("unassigned", "Unassigned", "assignee=none&status=open,processing&sort=updated"),
    view("open", "Open", "status=open&sort=updated"),
    view("processing", "Processing", "status=processing"),
    view("snoozed", "Snoozed", "snoozed=only"),
    view("closed", "Closed", "status=closed&snoozed=included"),
    view("all", "All", "snoozed=included"),
];
