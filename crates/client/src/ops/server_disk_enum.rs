//! Listing the drives of a server ([MS-SRVS] 3.1.4.23, NetrServerDiskEnum).

use netsession_srvs::server_disk_enum::{Request, Response};

use super::pages::{self, Enumeration};
use crate::Error;
use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;
use crate::page::{Page, PageRequest};

impl Reading for Request {}

impl Enumeration for Request {
    type Entry = String;

    fn set_page(&mut self, page: PageRequest) {
        self.resume_handle = page.resume;
        self.prefered_maximum_length = page.maximum;
    }

    fn start(&self) -> Option<u32> {
        self.resume_handle
    }

    fn entries(answer: Response) -> (Vec<String>, u32, Option<u32>) {
        // Samba ends the list with an empty text.
        let disks = answer.disks.into_vec().into_iter().filter(|disk| !disk.is_empty()).collect();
        (disks, answer.total_entries, answer.resume_handle)
    }

    fn text(entry: &String) -> usize {
        entry.len()
    }
}

method! { Raw;
    /// Lists a page of the drives of the server, such as `C:` ([MS-SRVS] 3.1.4.23).
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` unless the user is an administrator.
    pub async fn server_disk_enum(&mut self, page: PageRequest) -> Result<Page<String>, Error> {
        server_disk_enum(self.link, page).await
    }
}

async fn server_disk_enum<C: Connector>(
    link: &mut Link<C>,
    page: PageRequest,
) -> Result<Page<String>, Error> {
    let request = Request { server_name: link.server_name(), ..Request::asking() };
    pages::first(link, [request], page).await
}
