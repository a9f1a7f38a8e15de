# Every text of the console. What is in braces is filled in.

## Signing in

sign-in = Sign in
sign-in-title = Sign in to the desk
sign-in-workspace = Workspace
sign-in-email = E-mail
sign-in-password = Password
sign-in-help = Forgot your password? Ask an administrator of your workspace to set a new one.
sign-in-incomplete = Enter your e-mail address and your password.
sign-in-wrong = That e-mail address and password do not belong together. Try again.
sign-in-inactive = Your account is deactivated. Ask an administrator of your workspace.
sign-in-customer = This desk is for staff. Your account is a customer’s: write to support where you usually do.
sign-in-too-often = Too many attempts have failed. Wait five minutes, then try again.
sign-in-no-cookie = Your browser did not keep the sign-in. Open the desk by https:// or on localhost, and allow its cookies.
sign-out = Sign out

## What went wrong

error-reference = Reference for the administrator: { $what }
error-way-home = Back to the tickets
error-way-merged = Go to ticket #{ $what }
error-not-found = Not found
error-not-found-message = There is nothing at this address, or it is not within your reach.
error-forbidden = Not allowed
error-forbidden-message = Your role does not allow this. An administrator can change that.
error-cross-site = Refused
error-cross-site-message = This was sent by a page of another site. If that was you, do it again from the desk.
error-signed-out = You are signed out
error-signed-out-message = Your session has ended, and what you sent was not done. Go back to copy what you wrote, then sign in.
error-method = Not possible here
error-method-message = This address does not answer to that.
error-too-large = Too large
error-too-large-message = What you sent is larger than the desk takes: ten files of 2 MiB each at the most.
error-changed = Changed meanwhile
error-changed-message = Somebody else changed this while you looked at it. Open it again to see how it is now.
error-conflict = Not possible as it is
error-conflict-message = This clashes with what is already there.
error-merged = Merged
error-merged-message = This ticket was merged into another, and lives on there.
error-throttled = Too many requests
error-throttled-message = You have sent more than the desk allows within a minute. Wait a moment, then try again.
error-busy = The desk is busy
error-busy-message = Nothing was changed. Try again in a moment.
error-bad-request = Not understood
error-bad-request-message = The desk could not make sense of this. Go back and try again.
error-internal = Something went wrong
error-internal-message = The fault is ours, and it is in the log. Try again; if it stays, tell an administrator.

## The frame

views = Views
view-mine = Mine
view-unassigned = Unassigned
view-open = Open
view-processing = Processing
view-snoozed = Snoozed
view-closed = Closed
view-all = All tickets
count-many = 10 000+
role-read-only = Can read
role-team-agent = Agent of teams
role-agent = Agent
role-admin = Administrator
role-customer = Customer
skip-to-main = Skip to the tickets
close-pane = Close
show-views = Show views
hide-views = Hide views
show-details = Show details
hide-details = Hide details
theme-to-system = Follow the system’s colours
theme-to-light = Use light colours
theme-to-dark = Use dark colours
undo = Undo
said-replied = Reply sent.
said-noted = Note added. Only staff can see it.
said-changed = Saved.
said-closed = Ticket closed.
said-undone = Undone.

## The list

tickets-shown = { $count ->
    [one] { $count } ticket on this page
   *[other] { $count } tickets on this page
  }
list-label = Tickets
search = Search subjects
filter = Filter
filter-apply = Apply
filter-clear = Clear all
filter-status = Status
filter-priority = Priority
filter-assignee = Assignee
filter-team = Team
filter-category = Category
filter-tag = Tag
filter-requester = Requester
filter-q = Subject
filter-sort = Order
filter-unknown = unknown
filters-on = Filters
chip = { $name }: { $what }
remove-filter = Remove the filter { $what }
quoted = “{ $what }”
any = Any
sort-of-view = As the view has it
sort-newest = Last changed first
sort-oldest = Longest waiting first
sort-last-opened = Last opened first
sort-first-opened = First opened first
sort-urgent = Most urgent first
page-next = Next page
page-first = Back to the beginning
assignee-me = Me
assignee-none = Nobody
assigned-to = Assigned to { $what }
team-none = No team
status-open = Open
status-processing = Processing
status-closed = Closed
priority-high = High
priority-medium = Medium
priority-low = Low
priority-of = { $what } priority
locked = Locked
snoozed = Snoozed
somebody = Somebody
empty-mine = Nothing is assigned to you
empty-mine-help = Take a ticket from Unassigned, and it shows up here.
empty-unassigned = Everything has an owner
empty-unassigned-help = New tickets that nobody has taken show up here.
empty-open = No open tickets
empty-open-help = New tickets show up here until somebody answers or takes them.
empty-processing = Nothing is being worked on
empty-processing-help = Tickets that were answered or taken show up here until they are closed.
empty-snoozed = Nothing is snoozed
empty-snoozed-help = Tickets that were put off show up here until their time has come.
empty-closed = Nothing is closed yet
empty-closed-help = Closed tickets show up here. A customer’s reply opens them again.
empty-all = No tickets yet
empty-all-help = Tickets show up here as soon as a customer opens one.
empty-filtered = Nothing matches these filters
empty-filtered-help = Remove a filter, or look in all tickets.
empty-go-unassigned = Go to Unassigned
empty-go-all = Look in all tickets

## A ticket

back-to-list = Back to the list
ticket-number = #{ $what }
conversation = Conversation
customer = Customer
staff = Staff
note-mark = Internal note
note-mark-more = , hidden from the customer
download = Download
take = Assign to me
close-ticket = Close ticket
reopen-ticket = Reopen
compose = Answer
compose-reply = Reply
compose-note = Note
compose-reply-hint = Reply to { $what }. Markdown works.
compose-note-hint = Only staff will see this. Markdown works.
compose-label = Your message
attach = Attach files
send = Send
send-and-close = Send and close
answer-blank = Write something first.
answer-null-character = The text holds a character that cannot be kept (NUL). Remove it.
answer-file-too-big = A file is larger than 2 MiB. Choose your files again without it.
answer-file-empty = A file is empty. Choose your files again without it.
answer-too-many-files = { $what } files go into one message at the most. Choose fewer.
answer-unreadable = This could not be read. Try again.
read-only-hint = Your role lets you read this ticket, but not change or answer it.
merged-hint = This ticket was merged into
merged-from = Merged into this ticket
details = Details
field-status = Status
field-priority = Priority
field-assignee = Assignee
field-team = Team
field-category = Category
field-tags = Tags
save = Save changes
no-tags = There are no tags yet. An administrator can add some.
requester = Requester
more-of-requester = All their tickets
opened = Opened
updated = Last changed
snoozed-until = Snoozed until
event-status = { $actor } set the status to { $what }
event-priority = { $actor } set the priority to { $what }
event-category = { $actor } moved it to { $what }
event-assigned = { $actor } assigned it to { $what }
event-took = { $actor } took it
event-unassigned = { $actor } removed the assignee
event-team = { $actor } gave it to the team { $what }
event-no-team = { $actor } removed the team
event-tags = { $actor } set the tags to { $what }
event-no-tags = { $actor } removed all tags
event-locked = { $actor } locked the status
event-unlocked = { $actor } unlocked the status
event-subject = { $actor } changed the subject to “{ $what }”
event-snoozed = { $actor } snoozed it until { $what }
event-woken = { $actor } brought it back from snoozing
event-merged = { $actor } merged it into #{ $what }
event-unmerged = { $actor } took it out of the ticket it was merged into
event-absorbed = { $actor } merged #{ $what } into it

## Time

moment = { $what } UTC
ago-now = now
ago-minutes = { $count } min
ago-hours = { $count } h
ago-days = { $count } d
