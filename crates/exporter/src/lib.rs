//! Metrics of SMB servers for Prometheus.
//!
//! [`Exporter`] lists the sessions of its servers when somebody scrapes it, and writes what they list as Prometheus text or
//! as OpenMetrics, as the client asks. [`serve`] is the HTTP server. The front end finds the servers and their logins.
//!
//! - A scrape costs one listing of each server, over connections that stay open. Scrapes at the same time share it.
//! - A scrape ends within its time limit, with the servers that have answered by then.
//! - `/probe?target=NAME` asks one of the exporter's own servers. It never asks another: a login would go there.
//!
//! ```no_run
//! use std::rc::Rc;
//!
//! use netsession_admin::Target;
//! use netsession_exporter::{Exporter, Listener, Options, serve};
//!
//! # async fn example(targets: Vec<Target>) -> std::io::Result<()> {
//! let exporter = Rc::new(Exporter::new(targets, Options::default()));
//! let listener = Listener::tcp(([127, 0, 0, 1], 9744).into()).await?;
//! // In a `LocalSet`, because the exporter stays on its thread.
//! serve(listener, exporter, std::future::pending()).await
//! # }
//! ```
#![forbid(unsafe_code)]

mod answer;
mod certificate;
mod changes;
mod exporter;
mod listener;
mod metrics;
mod options;
mod reading;
mod request;
mod server;
mod validity;

pub use certificate::Certificate;
pub use changes::Changes;
pub use exporter::Exporter;
pub use listener::Listener;
pub use options::Options;
pub use server::serve;
