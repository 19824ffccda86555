//! The packages of a build, and the variables by which the tests find them.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::built::{Built, Profile};
use crate::{deb, nuget, peers, rpm, tarball, wheel, zip};

/// The packages: none for a system whose tools this computer lacks.
#[derive(Debug)]
pub(crate) struct Packages {
    wheel: PathBuf,
    nuget: PathBuf,
    tarball: PathBuf,
    /// The one of netsession, and the one of the library for characters of 32 bits.
    pub(crate) deb: Option<[PathBuf; 2]>,
    /// The same two.
    pub(crate) rpm: Option<[PathBuf; 2]>,
    pub(crate) zip: Option<PathBuf>,
}

impl Packages {
    /// Makes those that every run of the tests installs.
    pub(crate) fn of(built: &Built) -> Result<Self> {
        Ok(Self {
            wheel: wheel::package(&built.wchar32_library)?,
            nuget: nuget::package(&built.library)?,
            tarball: tarball::package(built)?,
            deb: if peers::present("dpkg-deb") { Some(deb::packages(built)?) } else { None },
            rpm: None,
            zip: None,
        })
    }

    /// Makes the RPM packages, too. Their writer is a build of its own.
    pub(crate) fn add_rpm(&mut self, profile: Profile) -> Result<()> {
        ensure!(rpm::run(&rpm::Options { profile })?, "no RPM package");
        self.rpm = Some(rpm::paths()?);
        Ok(())
    }

    /// Makes the ZIP file for Windows, too, whose compiler is installed.
    pub(crate) fn add_zip(&mut self) -> Result<()> {
        self.zip = Some(zip::package(&zip::Programs::build()?)?);
        Ok(())
    }

    /// Returns every package.
    pub(crate) fn files(&self) -> Vec<&PathBuf> {
        let pairs = [&self.deb, &self.rpm].into_iter().flatten().flatten();
        [&self.wheel, &self.nuget, &self.tarball].into_iter().chain(pairs).chain(&self.zip).collect()
    }

    /// Returns the variables by which the tests find the packages. They know the folders of the wheel and of the NuGet package.
    pub(crate) fn variables(&self) -> Vec<(&'static str, &PathBuf)> {
        let mut found = vec![("NETSESSION_TARBALL", &self.tarball)];
        let deb = self.deb.iter().flatten();
        found.extend(["NETSESSION_DEB", "NETSESSION_DEB_WCHAR32"].into_iter().zip(deb));
        let rpm = self.rpm.iter().flatten();
        found.extend(["NETSESSION_RPM", "NETSESSION_RPM_WCHAR32"].into_iter().zip(rpm));
        found.extend(self.zip.iter().map(|path| ("NETSESSION_ZIP", path)));
        found
    }
}
