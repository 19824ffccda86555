//! Accounts ([MS-SAMR]): finding one, disabling and enabling it, and knowing whether it is the last administrator.

mod administrators;
mod find_account;
mod lockout;
mod sam;
mod set_account_disabled;
#[cfg(test)]
mod tests;
