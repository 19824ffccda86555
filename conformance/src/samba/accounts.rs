//! The accounts of a private Samba, by Samba's own programs.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use super::{PASSWORD, Samba, tool};

impl Samba {
    /// Returns the letters of an account's flags, as `pdbedit` prints them: `U` for a user, `D` for a disabled account, `L` for a
    /// locked one.
    ///
    /// # Errors
    /// pdbedit fails.
    pub fn account_flags(&self, user: &str) -> Result<String> {
        let line = self.run("pdbedit", &["--smbpasswd-style", user])?;
        let flags = line.split(['[', ']']).nth(1).with_context(|| format!("pdbedit: {line}"))?;
        Ok(flags.trim().to_owned())
    }

    /// Disables an account as an administrator of the server does.
    ///
    /// # Errors
    /// smbpasswd fails.
    pub fn disable_account(&self, user: &str) -> Result<()> {
        self.run("smbpasswd", &["-d", user]).map(drop)
    }

    /// Enables an account as an administrator of the server does.
    ///
    /// # Errors
    /// smbpasswd fails.
    pub fn enable_account(&self, user: &str) -> Result<()> {
        self.run("smbpasswd", &["-e", user]).map(drop)
    }

    /// Removes an account.
    ///
    /// # Errors
    /// pdbedit fails.
    pub fn remove_account(&self, user: &str) -> Result<()> {
        self.run("pdbedit", &["-x", user]).map(drop)
    }

    /// Makes an account again that was removed: it has another SID.
    ///
    /// # Errors
    /// smbpasswd fails.
    pub fn add_account(&self, user: &str) -> Result<()> {
        super::set_password(self.folder(), &["-s", "-a", user], PASSWORD)
    }

    /// Locks an account out after so many wrong passwords.
    ///
    /// # Errors
    /// pdbedit fails.
    pub fn lock_out_after(&self, attempts: u32) -> Result<()> {
        let policy = ["--account-policy=bad lockout attempt".to_owned(), format!("--value={attempts}")];
        self.run("pdbedit", &policy.each_ref().map(String::as_str)).map(drop)
    }

    /// Makes a user a member of Administrators, as the server lists the members. Users of the Unix group are not listed.
    ///
    /// # Errors
    /// net or pdbedit fails.
    pub fn add_administrator(&self, user: &str) -> Result<()> {
        let account = self.run("pdbedit", &["--verbose", user])?;
        let sid = account.lines().find_map(|line| line.strip_prefix("User SID:"));
        let sid = sid.with_context(|| format!("pdbedit: {account}"))?.trim();
        self.run("net", &["groupmap", "addmem", "S-1-5-32-544", sid]).map(drop)
    }

    /// Returns how many wrong passwords the server has counted for an account. It counts with a lockout policy only, and forgets them
    /// when it accepts a password.
    ///
    /// # Errors
    /// pdbedit fails.
    pub fn wrong_passwords(&self, user: &str) -> Result<u32> {
        let account = self.run("pdbedit", &["--verbose", user])?;
        let count = account.lines().find_map(|line| line.strip_prefix("Bad password count"));
        let count =
            count.and_then(|text| text.split(':').nth(1)).with_context(|| format!("pdbedit: {account}"))?;
        Ok(count.trim().parse()?)
    }

    /// Gives an account another password, as an administrator of the server does.
    ///
    /// # Errors
    /// smbpasswd fails.
    pub fn set_password(&self, user: &str, password: &str) -> Result<()> {
        super::set_password(self.folder(), &["-s", user], password)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let output = tool(self.folder(), program).args(arguments).stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "{program}: {text}{}", String::from_utf8_lossy(&output.stderr));
        Ok(text)
    }
}
