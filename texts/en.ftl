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
