//! The icons, from Lucide, by the names that templates use.

use icondata_core::IconData;
use icondata_lu as lu;

/// The icon `name` as SVG. It says nothing to screen readers: words stand beside it, or label what it is on.
pub fn svg(name: &str) -> String {
    let icon = named(name);
    format!(
        // How lines are drawn says the style sheet, once for all.
        "<svg class=\"icon\" viewBox=\"{}\" aria-hidden=\"true\">{}</svg>",
        icon.view_box.unwrap_or("0 0 24 24"),
        icon.data
    )
}

fn named(name: &str) -> &'static IconData {
    match name {
        "add" => lu::LuPlus,
        "all" => lu::LuLayers,
        "assignee" => lu::LuUserRound,
        "back" => lu::LuArrowLeft,
        "category" | "part-categories" => lu::LuFolder,
        "close" => lu::LuX,
        "command" => lu::LuCommand,
        "closed" => lu::LuCircleCheck,
        "dark" => lu::LuMoon,
        "details" => lu::LuPanelRight,
        "download" => lu::LuDownload,
        "empty" => lu::LuInbox,
        "error" => lu::LuTriangleAlert,
        "event" => lu::LuHistory,
        "file" => lu::LuFileText,
        "filter" => lu::LuListFilter,
        "priority" => lu::LuFlag,
        "status" => lu::LuCircleDashed,
        "ticket" => lu::LuTicket,
        "high" => lu::LuChevronsUp,
        "keyboard" => lu::LuKeyboard,
        "light" => lu::LuSun,
        "locked" => lu::LuLock,
        "low" => lu::LuChevronDown,
        "medium" => lu::LuEqual,
        "menu" => lu::LuMenu,
        "merged" => lu::LuGitMerge,
        "mine" => lu::LuUser,
        "more" => lu::LuChevronRight,
        "more-actions" => lu::LuEllipsis,
        "note" => lu::LuStickyNote,
        "open" => lu::LuCircleDot,
        "attach" => lu::LuPaperclip,
        "part-apikeys" => lu::LuKeyRound,
        "part-audit" => lu::LuScrollText,
        "part-canned-replies" => lu::LuMessageSquareText,
        "part-identity-providers" => lu::LuFingerprint,
        "part-me" => lu::LuCircleUserRound,
        "part-requesters" => lu::LuContact,
        "part-users" => lu::LuUserCog,
        "part-workspace" => lu::LuBuilding2,
        "processing" => lu::LuContrast,
        "remove" => lu::LuTrash2,
        "reply" => lu::LuReply,
        "saved" | "part-views" => lu::LuBookmark,
        "search" => lu::LuSearch,
        "send" => lu::LuSend,
        "settings" => lu::LuSettings,
        "sign-out" => lu::LuLogOut,
        "snoozed" => lu::LuAlarmClock,
        "system" => lu::LuSunMoon,
        "tag" | "part-tags" => lu::LuTag,
        "team" | "part-teams" => lu::LuUsers,
        "unassigned" => lu::LuUserX,
        "undo" => lu::LuUndo2,
        "views" => lu::LuPanelLeft,
        _ => lu::LuCircle,
    }
}
