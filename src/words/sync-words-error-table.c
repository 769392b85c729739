/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-words-private.h"

#include <glib/gi18n.h>

/* Which words there are for which error. */

/* An error of whose reason more is known than of its code. */
typedef struct
{
  SyncError code;
  const char *reason;
  const SyncErrorWords *words;
} Special;

/* clang-format off */
static const SyncErrorWords words[] = {
  [SYNC_ERROR_FAILED] = {
    N_("Something went wrong with {subject}"), N_("Something went wrong"),
    N_("There is no better explanation than this code: {code}."),
    N_("There is no better explanation. What was done before is kept."),
    N_("Try again. If it happens again, look at the diagnostics."), "psync diagnostics" },
  [SYNC_ERROR_INVALID] = {
    N_("The value of {subject} cannot be used"), N_("A value cannot be used"),
    N_("It is not of the form that is needed here ({code})."),
    N_("It is not of the form that is needed here."),
    N_("Give another value."), NULL },
  [SYNC_ERROR_NOT_CONNECTED] = {
    N_("No cloud is connected"), NULL,
    N_("Everything works on this computer alone; changes wait until there is a cloud."), NULL,
    N_("Connect to Supabase or to a vault."), "psync connect --help" },
  [SYNC_ERROR_OFFLINE] = {
    N_("{subject} cannot be reached"), N_("The cloud cannot be reached"),
    N_("Your changes are safe on this computer and will be sent later."), NULL,
    N_("Check the network connection, then try again."), NULL },
  [SYNC_ERROR_LATER] = {
    N_("The cloud is busy"), NULL,
    N_("It could not answer the request just now (code {code}). Nothing is lost."),
    N_("It could not answer the request just now. Nothing is lost."),
    N_("Try again in a few minutes."), NULL },
  [SYNC_ERROR_TOO_LARGE] = {
    N_("Too much was sent at once"), NULL,
    N_("The request was too large, or took the cloud too long."), NULL,
    N_("Try again with smaller batches."), "psync sync --batch-size 50" },
  [SYNC_ERROR_ROW_REFUSED] = {
    N_("A row of {subject} was refused"), N_("A row was refused"),
    NULL, NULL, /* its reason */
    N_("Correct the row on this computer, and it will be sent again; or discard the local change."),
    "psync queue list" },
  [SYNC_ERROR_SIGN_IN] = {
    N_("You need to sign in"), NULL,
    N_("The session has ended, or there never was one. Your changes stay on this computer."), NULL,
    N_("Sign in with your email address and password."), "psync login --email ADDRESS" },
  [SYNC_ERROR_WRONG_KEY] = {
    N_("{subject} does not accept the API key"), N_("The API key is not accepted"),
    N_("It may belong to another project, or was replaced or disabled."), NULL,
    N_("Copy the publishable (anon) key from the project’s API settings and connect with it."),
    "psync connect supabase URL --anon-key KEY" },
  [SYNC_ERROR_SECRET_KEY] = {
    N_("The API key ({subject}) must not be used here"), N_("This key must not be used here"),
    N_("It is a secret or service-role key: whoever has it can read and change everybody’s rows."),
    NULL,
    N_("Use the publishable (anon) key. Replace the secret one if others may have seen it."),
    "psync connect supabase URL --anon-key KEY" },
  [SYNC_ERROR_INSECURE] = {
    N_("The connection to {subject} would not be private"),
    N_("The connection would not be private"),
    N_("Passwords and rows would travel without encryption, or to another host."), NULL,
    N_("Use an address that begins with https://."), "psync connect supabase https://HOST" },
  [SYNC_ERROR_SCHEMA_MISSING] = {
    N_("The cloud is not set up for sync"), NULL,
    N_("What sync needs there is missing: {subject}."), N_("What sync needs there is missing."),
    N_("Run the schema script in the project’s SQL editor."), "psync schema print" },
  [SYNC_ERROR_SCHEMA_OLD] = {
    N_("The cloud’s schema is too old"), NULL,
    N_("{subject} was set up for an older version of Progressive Sync."),
    N_("It was set up for an older version of Progressive Sync."),
    N_("Run the newer schema script in the project’s SQL editor; it keeps all rows."),
    "psync schema print" },
  [SYNC_ERROR_SCHEMA_NEW] = {
    N_("The cloud’s schema is newer than this program"), NULL,
    N_("{subject} was set up for a newer version of Progressive Sync."),
    N_("It was set up for a newer version of Progressive Sync."),
    N_("Update Progressive Sync on this computer."), "psync --version" },
  [SYNC_ERROR_SCHEMA] = {
    N_("The cloud’s table {subject} does not fit"), N_("The cloud’s tables do not fit"),
    N_("The column {column} is missing or cannot be used there. No row was touched."),
    N_("A column, a permission or an exposed schema is missing there. No row was touched."),
    N_("Run the schema script of this database in the project’s SQL editor, then sync again."),
    "psync schema print" },
  [SYNC_ERROR_PAUSED] = {
    N_("The project is paused"), NULL,
    N_("Supabase pauses free projects that were not used for some days."), NULL,
    N_("Restore the project in the Supabase dashboard."), NULL },
  [SYNC_ERROR_QUOTA] = {
    N_("The project’s quota is used up"), NULL,
    N_("A limit of its plan is reached, or a bill is open."), NULL,
    N_("Ask the project’s owner to look at usage and billing in the dashboard."), NULL },
  [SYNC_ERROR_STORAGE_FULL] = {
    N_("The cloud’s disk is full"), NULL,
    N_("It can be read, but not written. Your changes wait on this computer."), NULL,
    N_("Ask the project’s owner to make room, or to enlarge the disk."), NULL },
  [SYNC_ERROR_PROTOCOL] = {
    N_("The answer about {subject} cannot be right"), N_("The answer cannot be right"),
    N_("Perhaps a sign-in page of this network, a proxy or another server has answered. Nothing of "
       "the answer was used."), NULL,
    N_("Open a web page to see whether this network wants you to sign in, and check the address."),
    "psync health" },
  [SYNC_ERROR_CLOCK] = {
    N_("The server’s clock is behind"), NULL,
    N_("It thinks that your session begins in the future."), NULL,
    N_("Wait some seconds and try again; if that does not help, check this computer’s clock."),
    NULL },
  [SYNC_ERROR_OTHER_CLOUD] = {
    N_("This database was synced with another cloud"), NULL,
    N_("{subject} is not the project, account or vault that it knows. Nothing was moved."),
    N_("This is not the project, account or vault that it knows. Nothing was moved."),
    N_("Connect to the former one again, or say that this one takes its place."), "psync connect supabase|vault … --replace" },
  [SYNC_ERROR_REVOKED] = {
    N_("This device was revoked"), NULL,
    N_("It was taken off the list of devices on another one. All rows stay here."), NULL,
    N_("If that was a mistake, connect this device anew."), "psync devices register" },
  [SYNC_ERROR_BRAKE] = {
    N_("Too many rows of {subject} would change"), N_("Too many rows would change"),
    N_("More than half of them would be deleted or overwritten. The run stopped before that."),
    NULL, N_("Find out why. If it is meant, allow it once."), "psync sync --allow-mass-change" },
  [SYNC_ERROR_LOCKED] = {
    N_("Another run is going on"), NULL,
    N_("Another process is syncing {subject}."), N_("Another process is syncing this database."),
    N_("Wait until it has ended."), "psync sync --wait 300" },
  [SYNC_ERROR_NOT_DATABASE] = {
    N_("{subject} is not an SQLite database"), N_("The file is not an SQLite database"),
    N_("Nothing in it was changed."), NULL,
    N_("Choose another file; if there is none with the name you give, a new database is made."),
    "psync init --database FILE" },
  [SYNC_ERROR_CORRUPT] = {
    N_("{subject} is damaged"), N_("The database is damaged"),
    N_("Its contents contradict each other, or cannot be read."), NULL,
    N_("Keep a copy of the file as it is, then put the newest file from the folder “snapshots” beside "
       "it in its place."), NULL },
  [SYNC_ERROR_BUSY] = {
    N_("Another program holds {subject}"), N_("Another program holds the database"),
    N_("It writes to it, and did not let go in time."), NULL,
    N_("Let that program finish, or close it, and try again."), NULL },
  [SYNC_ERROR_DISK_FULL] = {
    N_("There is no space left for {subject}"), N_("There is no space left on the disk"),
    N_("Nothing that was there is lost, but nothing more can be written."), NULL,
    N_("Free some space on this computer, then try again."), NULL },
  [SYNC_ERROR_READ_ONLY] = {
    N_("{subject} cannot be written"), N_("The file cannot be written"),
    N_("It, or its folder, is read-only or belongs to somebody else."), NULL,
    N_("Change the permissions, or choose another file."), NULL },
  [SYNC_ERROR_CONSTRAINT] = {
    N_("A row does not fit into the table here"), NULL,
    NULL, NULL, /* its reason */
    N_("Nothing was changed. Change what is in the way, or the table’s rule, then do it again."),
    NULL },
  [SYNC_ERROR_DATABASE_NEW] = {
    N_("{subject} is from a newer version"), N_("The database is from a newer version"),
    N_("A newer version of Progressive Sync has used it. Nothing in it was changed now."), NULL,
    N_("Install the newer version here, too."), "psync --version" },
  [SYNC_ERROR_NAME_TAKEN] = {
    N_("The table name {subject} is taken"), N_("A table name is taken"),
    N_("Names that begin with psync_ are for Progressive Sync, but this table is somebody else’s."),
    NULL, N_("Rename that table, then try again."), NULL },
  [SYNC_ERROR_NO_TABLE] = {
    N_("There is no table {subject}"), N_("There is no such table"),
    N_("The database does not have it, or not any more."), NULL,
    N_("Check the table’s name; if the table is gone for good, disable its entity."),
    "psync entities list" },
  [SYNC_ERROR_NO_COLUMN] = {
    N_("There is no column {column}"), N_("There is no such column"),
    N_("{subject} does not have it, or not any more."),
    N_("The table does not have it, or not any more."),
    N_("Check the column’s name."), "psync entities list --json" },
  [SYNC_ERROR_NO_KEY] = {
    N_("{subject} has no usable key"), N_("The table has no usable key"),
    N_("Sync tells rows apart by a primary key, or a UNIQUE index on columns that are NOT NULL."),
    NULL, N_("Give the table such a key, or leave it out."), "psync entities list" },
  [SYNC_ERROR_NOT_FOUND] = {
    N_("{subject} was not found"), N_("It was not found"),
    N_("It may have been removed, or is called otherwise."), NULL,
    N_("Look at the list again, and check the name."), NULL },
  [SYNC_ERROR_STALE] = {
    N_("{subject} has changed meanwhile"), N_("It has changed meanwhile"),
    N_("Your decision was about what is no longer there, so it was not carried out."), NULL,
    N_("Look at it again, and decide anew."), "psync conflicts list" },
  [SYNC_ERROR_EXISTS] = {
    N_("There is already such an account"), NULL,
    N_("{subject} knows this email address."), N_("This email address is known there."),
    N_("Sign in instead, or use another address."), "psync login --email ADDRESS" },
  [SYNC_ERROR_CONFIRM_EMAIL] = {
    N_("The email address must be confirmed"), NULL,
    N_("{subject} has sent a message with a link to it."),
    N_("A message with a link was sent to it."),
    N_("Open the link in the message, then sign in."), "psync login --email ADDRESS" },
  [SYNC_ERROR_CREDENTIALS] = {
    N_("The email address or the password is wrong"), NULL,
    N_("{subject} does not say which of the two."), N_("The server does not say which of the two."),
    N_("Check both, and sign in again."), "psync login --email ADDRESS" },
  [SYNC_ERROR_WEAK_PASSWORD] = {
    N_("The password is too weak"), NULL,
    N_("{subject} asks for a better one."), N_("The server asks for a better one."),
    N_("Choose a longer password, with small and capital letters, digits and other characters."),
    "psync signup --email ADDRESS" },
  [SYNC_ERROR_SECRETS] = {
    N_("Passwords cannot be kept"), NULL,
    N_("{subject}, where they are kept, cannot be used, or others could read it."),
    N_("The place where they are kept cannot be used, or others could read it."),
    N_("Look who owns the folder, and who may read and write it."), NULL },
  [SYNC_ERROR_UNFIT] = {
    N_("What you decided does not fit into the table here"), NULL,
    NULL, NULL, /* its reason */
    N_("Nothing was changed. Decide otherwise, single columns on their own if need be; or change what is in the way first."),
    "psync conflicts resolve ID local|remote --field COLUMN=local|remote" },
};

G_STATIC_ASSERT (G_N_ELEMENTS (words) == SYNC_ERROR_UNFIT + 1);

static const SyncErrorWords no_vault = {
  N_("The vault {subject} is not there"), NULL,
  N_("Its disk or folder is absent. Your changes wait on this computer."), NULL,
  N_("Plug the disk in, or mount the folder, then try again."), NULL
};

static const SyncErrorWords no_database = {
  N_("{subject} is not a synced database"), NULL,
  N_("The file does not exist, or was not set up for sync."), NULL,
  N_("Check the file’s name, or set it up."), "psync init"
};

static const SyncErrorWords moved_database = {
  N_("{subject} is another file now"), NULL,
  N_("The database was moved, deleted or replaced while this program had it open. Nothing more is written to it."), NULL,
  N_("End this program and begin it again: then it opens the file that is there now."), NULL
};

static const SyncErrorWords full_vault = {
  N_("There is no space left for the vault {subject}"), NULL,
  N_("It can be read, but not written. Your changes wait on this computer."), NULL,
  N_("Free some space on its disk, then try again."), NULL
};

static const SyncErrorWords no_folder = {
  N_("There is no folder {subject}"), N_("There is no such folder"),
  N_("A file can only be in a folder that exists."), NULL,
  N_("Check the name, or make the folder first."), NULL
};

static const SyncErrorWords long_name = {
  N_("The name {subject} is too long"), N_("The file’s name is too long"),
  N_("No file can be called that. Nothing was changed."), NULL,
  N_("Choose a shorter name."), NULL
};

static const SyncErrorWords no_token = {
  N_("The token in {subject} cannot be used"), N_("The token cannot be used"),
  N_("A session token has three parts with dots between them, and somebody whose it is; this is none."), NULL,
  N_("Give the variable a user’s access token, or take it out of the environment and sign in."),
  "psync login --email ADDRESS"
};

static const SyncErrorWords token_decides = {
  N_("{subject} decides who is signed in"), NULL,
  N_("As long as the variable is set, nobody signs in or out in another way."), NULL,
  N_("Take the variable out of the environment to sign in or out here, or give it a token that "
     "is still good."), NULL
};

static const SyncErrorWords token_ended = {
  N_("The token in {subject} is not accepted"), NULL,
  N_("Its time has ended, or it was revoked. Your changes stay on this computer."), NULL,
  N_("Take the variable out of the environment to sign in or out here, or give it a token that "
     "is still good."), NULL
};

static const SyncErrorWords still_open = {
  N_("Conflict {subject} is not decided yet"), NULL,
  N_("There is nothing to put back."), NULL,
  N_("Decide it first."), "psync conflicts resolve ID local|remote"
};

static const SyncErrorWords decided_already = {
  N_("Conflict {subject} was decided already"), NULL,
  N_("What it became is on record, with what it took away."), NULL,
  N_("If it was decided wrongly, put back what was taken away."), "psync conflicts undo ID"
};

static const SyncErrorWords undone_already = {
  N_("Conflict {subject} was undone already"), NULL,
  N_("What it had taken away was put back, as a change of its own."), NULL,
  N_("Change the row itself, if it is still not right."), NULL
};

static const SyncErrorWords no_link = {
  N_("The link {subject} leads nowhere"), N_("The link leads nowhere"),
  N_("What it points to does not exist. Nothing was made there."), NULL,
  N_("Name the file itself, or correct the link."), NULL
};

static const SyncErrorWords no_own_folder = {
  N_("{subject} cannot be used"), N_("A folder cannot be used"),
  N_("Progressive Sync keeps files of its own there, and can neither make nor write them."), NULL,
  N_("Change the permissions, or set HOME or the XDG_… variable of that folder."), NULL
};

static const SyncErrorWords no_entity = {
  N_("There is no entity {subject}"), N_("There is no such entity"),
  N_("No table that is synced is called that."), NULL,
  N_("Check its name, or have the table synced first."), "psync entities list"
};

static const SyncErrorWords entity_off = {
  N_("The entity {subject} is disabled"), N_("The entity is disabled"),
  N_("It is left out of all runs, so nothing was done. What changes in its table waits."), NULL,
  N_("Enable it, or leave it out."), "psync entities enable NAME"
};

static const SyncErrorWords no_session = {
  N_("Nobody is signed in to {subject}"), N_("Nobody is signed in there"),
  N_("The environment names that project (SUPABASE_URL). A session with another one stays as it is."), NULL,
  N_("To end that one, take SUPABASE_URL out of the environment."), "env -u SUPABASE_URL psync logout"
};

static const SyncErrorWords our_table = {
  N_("{subject} cannot be synced"), N_("The table cannot be synced"),
  N_("Names that begin with psync_ are for tables of Progressive Sync itself."), NULL,
  N_("Choose another table, or rename it if it is yours."), NULL
};

static const SyncErrorWords not_both = {
  N_("Both sides of this conflict cannot be kept"), NULL,
  N_("One of them would need a new key, and this row’s key cannot be made up; or one side deletes the row."), NULL,
  N_("Choose one side, or single columns of each."), "psync conflicts resolve ID local|remote --field COLUMN=local|remote"
};

static const SyncErrorWords key_field = {
  N_("{column} is part of the row’s key"), N_("The column is part of the row’s key"),
  N_("It is the same on both sides: it says which row this is."), NULL,
  N_("Leave it out, or keep both rows."), "psync conflicts resolve ID local|remote|both"
};

static const SyncErrorWords held_row = {
  N_("No change of the row {subject} waits"), N_("No change of that row waits"),
  N_("It came from the cloud and is held back here; each run tries it again by itself."), NULL,
  N_("Look why, and change what is in its way."), "psync queue show ID"
};

static const SyncErrorWords long_cloud_name = {
  N_("A Supabase project cannot have {subject}"), N_("A Supabase project cannot have the table"),
  N_("The name of its column {column} has more than 63 bytes, which PostgreSQL does not take."),
  N_("Its name has more than 63 bytes, which PostgreSQL does not take."),
  N_("Rename it, or leave the table out of sync."), "psync entities disable NAME"
};

static const SyncErrorWords bad_cloud_name = {
  N_("A Supabase project cannot have {subject}"), N_("A Supabase project cannot have the table"),
  N_("The name of its column {column} has characters that the schema script cannot contain."),
  N_("A name has characters that the schema script cannot contain."),
  N_("Rename it, or leave the table out of sync."), "psync entities disable NAME"
};

static const SyncErrorWords reserved_cloud_name = {
  N_("A Supabase project cannot have {subject}"), N_("A Supabase project cannot have the table"),
  N_("PostgreSQL keeps the column name {column} for itself."),
  N_("PostgreSQL keeps the name of one of its columns for itself."),
  N_("Rename it, or leave the table out of sync."), "psync entities disable NAME"
};

static const SyncErrorWords taken_cloud_name = {
  N_("A Supabase project cannot have {subject}"), N_("A Supabase project cannot have the table"),
  N_("Sync has a table, view or index of that name there, for itself or for another table."), NULL,
  N_("Rename it, or leave the table out of sync."), "psync entities disable NAME"
};

static const SyncErrorWords no_table_here = {
  N_("There is no table {subject}"), N_("There is no such table"),
  N_("The database does not have it. Nothing was changed."), NULL,
  N_("Check the table’s name; if none is named, every table that has a key is synced."), "psync init"
};

static const SyncErrorWords no_own_table = {
  N_("The table {subject} is missing"), N_("A table of Progressive Sync is missing"),
  N_("In it is what Progressive Sync knows of this database. Your own tables are as they were."), NULL,
  N_("Put the database back from a backup, or from the folder “snapshots” beside it."), NULL
};

static const SyncErrorWords no_key_here = {
  N_("{subject} has no usable key"), N_("The table has no usable key"),
  N_("Sync tells rows apart by a primary key, or a UNIQUE index on columns that are NOT NULL."), NULL,
  N_("Give the table such a key, or leave it out; if none is named, every table that has a key is synced."),
  "psync init"
};

static const SyncErrorWords other_key = {
  N_("{subject} has another key now"), N_("The table has another key now"),
  N_("Sync knows its rows by the key that it had when it was attached. No row was touched."), NULL,
  N_("Give the table that key again, or disable its entity."), "psync entities disable NAME"
};

static const SyncErrorWords no_conflict = {
  N_("There is no conflict {subject}"), N_("There is no such conflict"),
  N_("Nothing waits or is on record under this number. Records go after 30 days."), NULL,
  N_("Look at the list, and take a number from there."), "psync conflicts list"
};

static const SyncErrorWords no_device = {
  N_("There is no device {subject}"), N_("There is no such device"),
  N_("No device of this cloud has this name or ID."), NULL,
  N_("Look at the list of devices, and check the name."), "psync devices list"
};

static const SyncErrorWords several_devices = {
  N_("Several devices are called {subject}"), N_("Several devices are called that"),
  N_("It is not clear which of them is meant, so nothing was done."), NULL,
  N_("Give the ID of the one that is meant."), "psync devices list"
};

static const SyncErrorWords no_snapshot = {
  N_("There is no snapshot {subject}"), N_("There is no such snapshot"),
  N_("Only the newest five of a database are kept."), NULL,
  N_("Look at the list of snapshots, and check the name."), "psync snapshots list"
};

static const SyncErrorWords no_change = {
  N_("No change of the row {subject} waits"), N_("No change of that row waits"),
  N_("It was sent meanwhile, or never changed, or its ID is written otherwise."), NULL,
  N_("Look at the queue, and take the ID from there."), "psync queue list"
};

static const SyncErrorWords no_vault_file = {
  N_("{subject} cannot be a vault"), NULL,
  N_("Something else is there: a folder, a device, another database or another file. It was not changed."),
  NULL, N_("Choose the name of a new file, or of a vault that exists."), "psync connect vault FILE"
};

static const SyncErrorWords damaged_vault = {
  N_("The vault {subject} is damaged"), NULL,
  N_("Its contents contradict each other, or cannot be read. The rows on this computer are not in it alone."), NULL,
  N_("Keep a copy of the file, and put it out of the way. Then let a new vault take its place: your devices send it all "
     "their rows again."), "psync connect vault FILE --replace"
};

static const SyncErrorWords no_permission = {
  N_("The cloud does not let you use {subject}"), N_("The cloud does not let you use its tables"),
  N_("Permissions (GRANT) are missing there. No row was changed."), NULL,
  N_("Run the schema script, which grants them, in the project’s SQL editor."), "psync schema print"
};

static const SyncErrorWords no_row_security = {
  N_("Others can read the rows of {subject}"), N_("Others can read the cloud’s rows"),
  N_("Row-level security is off there, or a policy lets more people in than the owner of a row."),
  NULL, N_("Run the schema script, which guards each table, in the project’s SQL editor."),
  "psync schema print"
};

static const SyncErrorWords clocks_differ = {
  N_("This computer’s clock and the server’s differ"), NULL,
  N_("Sync takes the difference into account, but times will look wrong on other devices."), NULL,
  N_("Let this computer set its clock by the network."), NULL
};

static const SyncErrorWords keyring_locked = {
  N_("The keyring is locked"), NULL,
  N_("The session is in it and stays there. Your changes are safe on this computer."), NULL,
  N_("Unlock the keyring, then try again; or sign in anew."), NULL
};

static const SyncErrorWords no_keyring = {
  N_("There is no keyring"), NULL,
  N_("This computer has no place for passwords that could be used now."), NULL,
  N_("Start or unlock the keyring; or allow that the session is kept in a file that only you can read."),
  "psync config set session-in-file true"
};

static const SyncErrorWords elsewhere = {
  N_("{subject} sent the request elsewhere"), N_("The request was sent elsewhere"),
  N_("To be safe it was not followed: a network’s sign-in page, or a project that has moved."),
  NULL, N_("Sign in to this network if it wants that, and check the project’s address."),
  "psync health"
};

static const SyncErrorWords endless = {
  N_("The rows of {subject} come to no end"), N_("The cloud’s rows come to no end"),
  N_("For hours one page of them followed another, and the last was not reached. What came is kept."), NULL,
  N_("Sync again: it goes on where it stopped. If there cannot be so many rows, check the cloud’s address."),
  "psync sync"
};

static const SyncErrorWords endless_deletion = {
  N_("The deletion comes to no end"), NULL,
  N_("The cloud says again and again that something is left. Every row on this computer stays."), NULL,
  N_("Try again later: it goes on where it stopped. If that does not help, ask who runs the cloud."),
  "psync delete-cloud-data"
};

static const SyncErrorWords no_sign_up = {
  N_("{subject} takes no new accounts"), N_("The server takes no new accounts"),
  N_("The project’s owner has disabled signing up."), NULL,
  N_("Ask the owner for an account, or to allow signing up."), NULL
};

static const SyncErrorWords banned = {
  N_("{subject} has locked this account"), N_("The server has locked this account"),
  N_("The project’s owner, or a rule of the project, has banned it."), NULL,
  N_("Ask the owner to unlock it."), NULL
};
static const SyncErrorWords captcha = {
  N_("{subject} wants proof that you are no robot"), N_("The server wants proof that you are no robot"),
  N_("The project’s owner has turned on a captcha, which cannot be shown here."), NULL,
  N_("Ask the owner to turn it off, or give a user’s access token in SUPABASE_AUTH_TOKEN."), NULL
};
static const SyncErrorWords no_mail = {
  N_("{subject} sends no mail to this address"), N_("The server sends no mail to this address"),
  N_("Without a mail server of its own, a project can only write to its owner’s team."), NULL,
  N_("Ask the owner to set up a mail server for the project, or to make the account."), NULL
};

static const SyncErrorWords cloud_deleted = {
  N_("The data in the cloud were deleted"), NULL,
  N_("Somebody with this account deleted them, on purpose and for all devices. Every row on this computer stays."), NULL,
  N_("If they are to be in the cloud again, register this device again: then its rows go up."), "psync devices register"
};

static const SyncErrorWords scheduled_elsewhere = {
  N_("Another program syncs {subject} by itself"), N_("Another program syncs this database by itself"),
  N_("Only one at a time begins runs by itself, so that they do not get into each other’s way."), NULL,
  N_("Leave it to that program, or end it first."), NULL
};

static const SyncErrorWords no_accounts = {
  N_("A vault has no accounts"), NULL,
  N_("Whoever can open its file can use it; there is nothing to sign in to or out of."), NULL,
  N_("Just sync."), "psync sync"
};

static const SyncErrorWords half_credentials = {
  N_("{subject} is missing"), N_("Half of what leads to the cloud is missing"),
  N_("The address and the key of a Supabase project belong together, and only one of them is set."), NULL,
  N_("Set both, or none and connect."), "psync connect --help"
};

static const SyncErrorWords account_gone = {
  N_("The account is not there any more"), NULL,
  N_("It was deleted, and its rows in the cloud with it. Every row on this computer stays."), NULL,
  N_("Make an account again, or sign in with another one; then connect anew with --replace, and all rows go up."),
  "psync signup --email ADDRESS"
};

static const SyncErrorWords no_place_for_export = {
  N_("{subject} is a database"), N_("The file is a database"),
  N_("An export would take its place, and what is in it would be gone. Nothing was changed."), NULL,
  N_("Give the export another name."), NULL
};

static const SyncErrorWords no_file = {
  N_("{subject} is no ordinary file"), N_("It is no ordinary file"),
  N_("It is a folder, a device or something else whose place a file cannot take."), NULL,
  N_("Give the name of a file."), NULL
};

static const SyncErrorWords no_such_column = {
  N_("There is no column {subject}"), N_("There is no such column"),
  N_("The table does not have it, or not any more."), NULL,
  N_("Check the column’s name."), "psync entities list --json"
};

static const SyncErrorWords no_columns = {
  N_("The side that you chose deletes the row"), NULL,
  N_("No columns can be chosen of a row that is deleted then."), NULL,
  N_("Choose the other side, or leave the columns out. Nothing was changed."),
  "psync conflicts resolve ID local|remote"
};

static const SyncErrorWords no_record = {
  N_("The change cannot be given up"), NULL,
  N_("{column} holds something that cannot be kept on record: nobody could put it back."),
  N_("A value in it cannot be kept on record: nobody could put it back."),
  N_("Correct the row in the program that it belongs to, or delete it there."), NULL
};

/* clang-format on */

static const Special specials[] = {
  { SYNC_ERROR_INVALID, "column", &no_such_column },
  { SYNC_ERROR_INVALID, "token", &no_token },
  { SYNC_ERROR_INVALID, "long-name", &long_cloud_name },
  { SYNC_ERROR_INVALID, "bad-name", &bad_cloud_name },
  { SYNC_ERROR_INVALID, "reserved-column", &reserved_cloud_name },
  { SYNC_ERROR_INVALID, "name-taken", &taken_cloud_name },
  { SYNC_ERROR_INVALID, "both", &not_both },
  { SYNC_ERROR_INVALID, "key", &key_field },
  { SYNC_ERROR_INVALID, "database", &no_place_for_export },
  { SYNC_ERROR_INVALID, "no-file", &no_file },
  { SYNC_ERROR_SIGN_IN, "23503", &account_gone },
  { SYNC_ERROR_NOT_CONNECTED, "no-accounts", &no_accounts },
  { SYNC_ERROR_NOT_CONNECTED, "half", &half_credentials },
  { SYNC_ERROR_STALE, "open", &still_open },
  { SYNC_ERROR_STALE, "resolved", &decided_already },
  { SYNC_ERROR_STALE, "undone", &undone_already },
  { SYNC_ERROR_UNFIT, "deleted", &no_columns },
  { SYNC_ERROR_UNFIT, "no-record", &no_record },
  { SYNC_ERROR_READ_ONLY, "own-folder", &no_own_folder },
  { SYNC_ERROR_NOT_DATABASE, "vault", &no_vault_file },
  { SYNC_ERROR_CORRUPT, "vault", &damaged_vault },
  { SYNC_ERROR_NOT_FOUND, "folder", &no_folder },
  { SYNC_ERROR_NOT_FOUND, "link", &no_link },
  { SYNC_ERROR_NOT_FOUND, "moved", &moved_database },
  { SYNC_ERROR_NOT_FOUND, "name-too-long", &long_name },
  { SYNC_ERROR_NAME_TAKEN, "ours", &our_table },
  { SYNC_ERROR_NO_TABLE, "not-attached", &no_table_here },
  { SYNC_ERROR_NO_TABLE, "ours", &no_own_table },
  { SYNC_ERROR_NO_KEY, "not-attached", &no_key_here },
  { SYNC_ERROR_NO_KEY, "changed", &other_key },
  { SYNC_ERROR_NOT_FOUND, "entity", &no_entity },
  { SYNC_ERROR_NOT_FOUND, "session", &no_session },
  { SYNC_ERROR_NOT_FOUND, "disabled-entity", &entity_off },
  { SYNC_ERROR_NOT_FOUND, "conflict", &no_conflict },
  { SYNC_ERROR_NOT_FOUND, "device", &no_device },
  { SYNC_ERROR_NOT_FOUND, "ambiguous", &several_devices },
  { SYNC_ERROR_NOT_FOUND, "snapshot", &no_snapshot },
  { SYNC_ERROR_NOT_FOUND, "change", &no_change },
  { SYNC_ERROR_NOT_FOUND, "held-change", &held_row },
  { SYNC_ERROR_REVOKED, "deleted", &cloud_deleted },
  { SYNC_ERROR_LOCKED, "schedule", &scheduled_elsewhere },
  { SYNC_ERROR_SCHEMA, "42501", &no_permission },
  { SYNC_ERROR_SCHEMA, "row-security", &no_row_security },
  { SYNC_ERROR_CLOCK, "offset", &clocks_differ },
  { SYNC_ERROR_SECRETS, "locked", &keyring_locked },
  { SYNC_ERROR_SECRETS, "no-keyring", &no_keyring },
  { SYNC_ERROR_PROTOCOL, "redirect", &elsewhere },
  { SYNC_ERROR_PROTOCOL, "endless", &endless },
  { SYNC_ERROR_PROTOCOL, "endless-deletion", &endless_deletion },
  { SYNC_ERROR_FAILED, "signup_disabled", &no_sign_up },
  { SYNC_ERROR_FAILED, "email_provider_disabled", &no_sign_up },
  { SYNC_ERROR_FAILED, "user_banned", &banned },
  { SYNC_ERROR_FAILED, "captcha_failed", &captcha },
  { SYNC_ERROR_FAILED, "email_address_not_authorized", &no_mail },
};

static const SyncValueWords values[] = {
  { "auto-sync SYNC_AUTO_ENABLED sync-after-changes sync-at-start sync-on-metered sync-in-power-saver "
    "session-in-file",
    NULL, N_("Use true or false; yes, on and 1, no, off and 0 are the same.") },
  { "interval-minutes SYNC_INTERVAL_MINUTES", NULL,
    N_("Use a whole number of minutes from 1 to 10080.") },
  { "batch-size SYNC_BATCH_SIZE", NULL,
    N_("Use a whole number from 0 to 10000; with 0 the program chooses.") },
  { "max-retries SYNC_MAX_RETRIES", NULL, N_("Use a whole number from 0 to 100.") },
  { "provider", NULL, N_("Use supabase, vault or none.") },
  { "device-name", NULL, N_("Use one line of at most 255 characters.") },
  { "vault-path", NULL, N_("Use the whole path of the vault’s file, like /media/stick/vault.db.") },
  { "url supabase-url SUPABASE_URL", N_("The project’s address ({subject}) cannot be used"),
    N_("Use the project’s address as its API settings show it, like "
       "https://abcdefghijkl.supabase.co.") },
  { "anon-key supabase-anon-key SUPABASE_ANON_KEY", N_("The API key ({subject}) cannot be used"),
    N_("Use the publishable (anon) key as the project’s API settings show it.") },
  { "email", N_("This is not an email address"), N_("Use an address like name@example.com.") },
  { "password", N_("This password cannot be used"), N_("Use a password of 1 to 72 characters.") },
  { "strategy", NULL,
    N_("Use newest, local, remote, manual, notifications, projects, user-settings, rules or "
       "custom.") },
  { "rules", NULL,
    N_("Use a JSON object that gives columns the rules local, remote, newest, max, min or "
       "union.") },
};

static const SyncValueWords *
find_value (const char *name)
{
  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (values); i++)
    {
      g_auto (GStrv) names = g_strsplit (values[i].names, " ", -1);

      if (g_strv_contains ((const char *const *) names, name))
        return &values[i];
    }
  return NULL;
}

/* What is special about it beside its code. */
const SyncErrorWords *
sync_words_find_error (const GError *error)
{
  const SyncErrorDetail *detail = sync_error_get_detail (error);

  for (guint i = 0; i < G_N_ELEMENTS (specials); i++)
    if (error->code == (int) specials[i].code
        && g_strcmp0 (detail->reason, specials[i].reason) == 0)
      return specials[i].words;
  if (g_strcmp0 (detail->subject, "SUPABASE_AUTH_TOKEN") == 0 && error->code == SYNC_ERROR_INVALID)
    return &token_decides;
  if (g_strcmp0 (detail->subject, "SUPABASE_AUTH_TOKEN") == 0 && error->code == SYNC_ERROR_SIGN_IN)
    return &token_ended;
  if (error->code == SYNC_ERROR_OFFLINE && sync_words_is_path (detail->subject))
    return &no_vault;
  if (error->code == SYNC_ERROR_STORAGE_FULL && sync_words_is_path (detail->subject))
    return &full_vault;
  if (error->code == SYNC_ERROR_NOT_FOUND && sync_words_is_path (detail->subject))
    return &no_database;
  if (error->code == SYNC_ERROR_INVALID && sync_words_is_path (detail->subject))
    return &no_vault_file;
  g_return_val_if_fail (error->code >= 0 && error->code < (int) G_N_ELEMENTS (words), &words[0]);
  return &words[error->code];
}

/* What is known of a value by its name, where the reason tells nothing better. */
const SyncValueWords *
sync_words_find_value (const GError *error)
{
  gboolean usual = error->code == SYNC_ERROR_INVALID
                   && sync_words_find_error (error) == &words[SYNC_ERROR_INVALID];

  return usual ? find_value (sync_error_get_detail (error)->subject) : NULL;
}
