//! Many servers at once, each at the end of a slow line.

use std::time::{Duration, Instant};

use anyhow::Result;
use netsession_conformance::{Netsession, Proxy, Samba};

use crate::median;

const SERVERS: usize = 50;
const ROUNDS: usize = 5;

/// Half of the time of a round trip.
const DELAY: Duration = Duration::from_millis(50);

/// `netsession sessions` of fifty servers, compared with one server.
pub(crate) fn side_by_side(samba: &Samba) -> Result<()> {
    let proxies =
        (0..SERVERS).map(|_| Proxy::plain().delay(DELAY).to(samba.address())).collect::<Result<Vec<_>>>()?;
    let names: Vec<String> = proxies.iter().map(Proxy::name).collect();
    let time = |names: &[String]| -> Result<f64> {
        let start = Instant::now();
        Netsession::admin()?.args(["sessions", "--json"]).args(names).run()?.expect_code(0)?;
        Ok(start.elapsed().as_secs_f64())
    };
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let one = time(names.get(..1).unwrap_or_default())?;
        ratios.push(time(&names)? / one);
    }
    println!("{SERVERS} servers at once, 100 ms away each: {:.2} times the time of one.", median(&ratios));
    Ok(())
}
