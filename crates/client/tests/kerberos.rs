//! Logons to a server that does not offer Kerberos: the embedded one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use netsession::{
    ConnectOptions, Error, Hint, Kerberos, KerberosError, Login, LogonMechanism, Secret, Server, ServerTarget,
};
use netsession_server::{Account, Server as Embedded};

/// Connects to an embedded server whose administrator is adm1, by a name that allows Kerberos.
async fn connect(kerberos: Kerberos, secret: Secret) -> Result<(LogonMechanism, String), Error> {
    let mut admin = Account::with_password("adm1", "secret");
    admin.admin = true;
    let embedded = Embedded::builder().listen(([127, 0, 0, 1], 0).into()).account(admin).start().unwrap();
    let login = Login::new(r"LAB\adm1", secret).unwrap();
    let kerberos_name = Some("fs1.lab.test".to_owned());
    let options = ConnectOptions { kerberos, kerberos_name, ..ConnectOptions::default() };
    let target = ServerTarget::from(embedded.addresses()[0]);
    let result = async {
        let mut server = Server::connect(&target, &login, &options).await?;
        let info = server.info().await?;
        server.close().await?;
        Ok((info.mechanism, info.user))
    };
    let result = result.await;
    embedded.stop().await;
    result
}

/// A failure here would refuse the users of a server in no domain, or call their logon one with Kerberos.
#[tokio::test(flavor = "multi_thread")]
async fn ntlm_is_used_where_the_server_offers_nothing_else() {
    for kerberos in [Kerberos::Preferred, Kerberos::Off] {
        let logon = connect(kerberos, Secret::password("secret")).await.unwrap();
        assert_eq!(logon, (LogonMechanism::Ntlm, r"LAB\adm1".to_owned()));
    }
}

/// A failure here would send a proof of the password with NTLM although the user demands Kerberos, or give no reason.
#[tokio::test(flavor = "multi_thread")]
async fn ntlm_is_never_used_where_kerberos_is_required_or_there_is_no_password() {
    for (kerberos, secret) in
        [(Kerberos::Required, Secret::password("secret")), (Kerberos::Preferred, Secret::Ticket)]
    {
        let error = connect(kerberos, secret).await.unwrap_err();
        assert_eq!(error.hint(), Some(Hint::UsePassword), "{error}");
        let Error::Kerberos { cause: KerberosError::NotOffered, .. } = error else { panic!("{error}") };
    }
}
