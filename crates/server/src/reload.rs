//! Other shares and users for a running server: [`Server::reload`].

use std::sync::{Arc, PoisonError};

use netsession_smb::auth::Proof;
use netsession_smb::server::Encryption;
use netsession_wire::name::is_same_name;

use crate::builder::{Builder, check_accounts, check_names, open};
use crate::error::StartError;
use crate::folder::Folder;
use crate::server::Server;
use crate::state::{Accounts, EndReason, Session, Share};

/// What [`Server::reload`] has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The shares that are new.
    pub shared: Vec<String>,
    /// The shares with another folder or other rules. Their sessions were disconnected from them, except where only the comment
    /// or the users have changed.
    pub changed: Vec<String>,
    /// The shares that are gone.
    pub unshared: Vec<String>,
    /// The users who can log on now, and could not before.
    pub users_added: Vec<String>,
    /// The users with another password, or other rights.
    pub users_changed: Vec<String>,
    /// The users who can no longer log on.
    pub users_removed: Vec<String>,
    /// How many sessions were ended, because their users can no longer log on or have lost rights.
    pub ended: usize,
}

impl Changes {
    /// Returns whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What happens to the shares of the configuration.
#[derive(Default)]
struct Plan {
    gone: Vec<Arc<Share>>,
    new: Vec<Share>,
    /// The shares that stay, with their new comments and users.
    kept: Vec<(Arc<Share>, Folder)>,
}

impl Server {
    /// Gives the server the folders, accounts, principals and the keytab of `builder`, whose other settings do not count. The
    /// function of [`Builder::refuse_logons`] stays if `builder` has none. After an error nothing has changed.
    ///
    /// Sessions go on, with these exceptions: a session ends if its user can no longer log on, or is no administrator any more;
    /// sessions are disconnected from a share that is gone, that has another folder or other rules, or that is for other
    /// users now. A new password counts from the next logon on. Shares that an administrator has added on the running server
    /// stay.
    ///
    /// ```
    /// use netsession_server::{Account, Folder, Server};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let runtime = tokio::runtime::Runtime::new()?;
    /// # runtime.block_on(async {
    /// let shared = tempfile::tempdir()?;
    /// let folder = Folder::new("data", shared.path());
    /// let server = Server::builder().folder(folder.clone()).start()?;
    /// let alice = Account::with_password("alice", "a long password");
    /// let changes = server.reload(Server::builder().folder(folder).account(alice))?;
    /// assert_eq!((changes.users_added, changes.changed), (vec!["alice".to_owned()], vec![]));
    /// server.stop().await;
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`Bound::start`](crate::Bound::start) that concern a folder or a user;
    /// [`StartError::DuplicateShareName`] also for the name of a share that an administrator has added;
    /// [`StartError::EncryptedServer`].
    pub fn reload(&self, builder: Builder) -> Result<Changes, StartError> {
        let (folders, mut accounts) = builder.into_parts();
        check_accounts(&accounts)?;
        check_names(&folders)?;
        let state = self.state();
        let encrypted = state.identity.settings.encryption == Encryption::Required;
        if let Some(folder) =
            folders.iter().find(|folder| encrypted && folder.encryption_required == Some(false))
        {
            return Err(StartError::EncryptedServer(folder.name.clone()));
        }
        let mut current = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changes = Changes::default();
        let plan = self.plan(&current, &folders, &mut changes)?;
        let before = state.accounts();
        accounts.refuses = accounts.refuses.or_else(|| before.refuses.clone());
        (changes.users_added, changes.users_changed, changes.users_removed) = accounts.compared_with(&before);
        // From here on nothing fails.
        *current = folders;
        state.set_accounts(accounts);
        changes.ended = self.end_without_rights();
        state.replace_shares(&plan.gone, plan.new);
        for share in &plan.gone {
            state.disconnect_all(share, None, |_| true);
        }
        for (share, folder) in plan.kept {
            share.set_comment(folder.comment);
            share.rules.set_users(folder.users.as_deref());
            state.disconnect_all(&share, None, |user| !share.rules.admits(user));
        }
        Ok(changes)
    }

    /// Opens the new folders, and decides which shares stay.
    fn plan(&self, old: &[Folder], new: &[Folder], changes: &mut Changes) -> Result<Plan, StartError> {
        let state = self.state();
        let server_encrypts = state.encrypts_shares();
        let mut plan = Plan::default();
        for folder in new {
            let before = old.iter().find(|old| is_same_name(&old.name, &folder.name));
            match (before, state.share(&folder.name)) {
                (Some(before), Some(share)) if is_same_place(before, folder) => {
                    if before != folder {
                        changes.changed.push(folder.name.clone());
                    }
                    plan.kept.push((share, folder.clone()));
                    continue;
                }
                (Some(_), Some(share)) => {
                    plan.gone.push(share);
                    changes.changed.push(folder.name.clone());
                }
                (None, Some(_)) => return Err(StartError::DuplicateShareName(folder.name.clone())),
                (_, None) => changes.shared.push(folder.name.clone()),
            }
            plan.new.push(open(&state.common, folder, server_encrypts)?);
        }
        for folder in old.iter().filter(|old| !new.iter().any(|new| is_same_name(&new.name, &old.name))) {
            // An administrator may have removed it on the running server.
            let Some(share) = state.share(&folder.name) else { continue };
            plan.gone.push(share);
            changes.unshared.push(folder.name.clone());
        }
        Ok(plan)
    }

    /// Ends the sessions of users who can no longer log on, or who were administrators and no longer are.
    fn end_without_rights(&self) -> usize {
        let (state, accounts) = (self.state(), self.state().accounts());
        let lost = |session: &Arc<Session>| !keeps_rights(&accounts, session);
        let is_known = |user: &str| accounts.get(user).is_some() || accounts.by_ticket(user).is_some();
        state.end_lost(|holder| !is_known(&holder.user), None);
        let ended = state.sessions().into_iter().filter(lost);
        ended.filter(|session| state.end(session.id, EndReason::EndedBy(None))).count()
    }
}

/// Whether only the comment and the users of a folder differ.
fn is_same_place(before: &Folder, after: &Folder) -> bool {
    let with = |folder: &Folder| Folder { comment: String::new(), users: None, ..folder.clone() };
    with(before) == with(after)
}

fn keeps_rights(accounts: &Accounts, session: &Session) -> bool {
    let is_admin = match session.proof {
        Proof::Ticket => accounts.by_ticket(&session.user).map(|user| user.is_admin),
        _ => accounts.get(&session.user).map(|account| account.admin),
    };
    is_admin.is_some_and(|is_admin| is_admin || !session.admin)
}
