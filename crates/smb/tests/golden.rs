//! Messages and structures as real peers send them: smbd 4.17.12, its smbclient, rpcclient and smbtorture,
//! impacket 0.13.1 and smbprotocol 1.17.0, recorded on the wire.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use netsession_smb::Structure as _;
    use netsession_smb::msg::fsctl::{DfsReferralEntries, DfsReferralRequest, DfsReferralResponse};
    use netsession_smb::msg::{CtlCode, HeaderFlags, Packet, Smb1Negotiate, link};
    use netsession_smb::oracle;

    fn golden() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
    }

    fn from_hex(text: &str) -> Vec<u8> {
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        text.as_bytes().chunks(2).map(byte).collect()
    }

    /// Sets the bytes to zero that the comment above a message says may differ: reserved fields that the peer
    /// does not leave empty, and padding; padding at the end is cut off where we send none.
    fn without_reserved(comment: &str, mut bytes: Vec<u8>) -> Vec<u8> {
        let Some((_, ranges)) = comment.split_once(", bytes ") else { return bytes };
        let ranges = ranges.strip_suffix(" may differ").unwrap().split(',');
        for (start, end) in ranges.map(|range| range.split_once("..").unwrap()) {
            let (start, end): (usize, usize) = (start.parse().unwrap(), end.parse().unwrap());
            bytes[start..end].fill(0);
        }
        bytes
    }

    /// A failure here would mean that we send other messages than peers do, or do not understand theirs.
    #[test]
    fn messages_of_real_peers_are_written_as_they_were_read() {
        let mut count = 0;
        for file in fs::read_dir(golden().join("msg")).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let lines: Vec<_> = text.lines().collect();
            for pair in lines.chunks(2) {
                let place = format!("{}: {}", path.display(), pair[0]);
                let bytes = from_hex(pair[1]);
                if bytes.starts_with(b"\xffSMB") {
                    let request = Smb1Negotiate::decode(&bytes).expect(&place);
                    assert!(request.offers(Smb1Negotiate::SMB_2_WILDCARD), "{place}");
                    continue;
                }
                oracle::frame(&bytes);
                let written = oracle::rewrite_message(&bytes).expect(&place);
                let mut written = without_reserved("", written);
                let expected = without_reserved(pair[0], bytes.clone());
                if pair[0].contains("may differ") && written.len() < expected.len() {
                    written.resize(expected.len(), 0);
                }
                let written = without_reserved(pair[0], written);
                assert_eq!(written, expected, "{place}");
                count += 1;
            }
        }
        assert!(count > 200, "only {count} messages were found");
    }

    /// A failure here would read several requests in one frame as other requests, or make peers refuse them.
    #[test]
    fn compounds_of_real_peers_come_apart_and_together() {
        let text = fs::read_to_string(golden().join("compounds.txt")).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for pair in lines.chunks(2) {
            let mut bytes = from_hex(pair[1]);
            oracle::frame(&bytes);
            if pair[0].contains("smbtorture") {
                // It fills SmbCreateFlags and Reserved of the first CREATE with random bytes.
                bytes[72..88].fill(0);
            }
            let packets: Vec<_> = Packet::split(&bytes).collect::<Result<_, _>>().unwrap();
            assert!(pair[0].ends_with(&format!("{} messages", packets.len())), "{}", pair[0]);
            let related = packets[1].header.flags.contains(HeaderFlags::RELATED_OPERATIONS);
            let mut messages: Vec<_> =
                packets.iter().map(|packet| oracle::rewrite_message(packet.bytes).unwrap()).collect();
            link(&mut messages, related).unwrap();
            let mut joined = messages.concat();
            // smbd and smbtorture pad the last message, too.
            joined.resize(joined.len().next_multiple_of(8), 0);
            assert_eq!(joined, bytes, "{}", pair[0]);
        }
        assert_eq!(lines.len(), 12);
    }

    /// A failure here would show or set wrong information about files, even in correct messages.
    #[test]
    fn structures_of_real_peers_are_written_as_they_were_read() {
        let text = fs::read_to_string(golden().join("structures.txt")).unwrap();
        let mut count = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let [kind, direction, selector, ..] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let bytes = from_hex(line.split(' ').nth(3).unwrap_or_default());
            let class = || selector.parse::<u8>().unwrap();
            let code = || CtlCode(u32::from_str_radix(selector, 16).unwrap());
            let rewrite = |bytes: &[u8]| match (kind, direction) {
                ("file", _) => oracle::rewrite_file_information(class(), bytes),
                ("fs", _) => oracle::rewrite_fs_information(class(), bytes),
                ("directory", _) => oracle::rewrite_directory(class(), bytes),
                ("security", _) => oracle::rewrite_security(bytes),
                ("notify", _) => oracle::rewrite_notify(bytes),
                ("fsctl", "input") => oracle::rewrite_fsctl_input(code(), bytes),
                ("fsctl", _) => oracle::rewrite_fsctl_output(code(), bytes),
                ("create", _) => {
                    oracle::rewrite_create_context(&from_hex(selector), direction == "response", bytes)
                }
                _ => panic!("{line}"),
            };
            oracle::stable(&bytes, rewrite);
            let mut written = rewrite(&bytes).expect(line);
            // Lists of some peers end with padding, as if another entry followed.
            if (1..8).contains(&bytes.len().saturating_sub(written.len())) {
                written.resize(bytes.len(), 0);
            }
            assert_eq!(written, bytes, "{line}");
            count += 1;
        }
        assert!(count > 45, "only {count} structures were found");
    }

    /// A failure here would look for a file elsewhere than Samba says, or ask Samba about another path.
    #[test]
    fn referrals_of_real_peers_lead_where_they_say() {
        let text = fs::read_to_string(golden().join("referrals.txt")).unwrap();
        let (mut targets, mut requests) = (Vec::new(), 0);
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let [path, direction, bytes] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let bytes = from_hex(bytes);
            if direction == "input" {
                let request = DfsReferralRequest::from_bytes(&bytes).unwrap();
                assert_eq!((request.max_level, &*request.path), (4, path));
                assert_eq!(request.to_bytes().unwrap(), bytes, "{path}");
                requests += 1;
                continue;
            }
            // Samba writes equal texts once for each entry, and we write them once.
            oracle::stable(&bytes, |bytes| oracle::rewrite_fsctl_output(CtlCode::DFS_GET_REFERRALS, bytes));
            let response = DfsReferralResponse::from_bytes(&bytes).unwrap();
            let DfsReferralEntries::Targets { targets: found, .. } = response.entries else {
                panic!("{path}")
            };
            let replaced = usize::from(response.path_consumed / 2);
            let first = found.first().unwrap().address.clone();
            targets.push((path.get(..replaced).unwrap().to_owned(), first, found.len()));
        }
        let expected = [
            (r"\lab.test\netlogon", r"\dc1.lab.test\netlogon", 1),
            (r"\LAB.TEST\sysvol", r"\dc1.lab.test\sysvol", 1),
            (r"\127.0.0.2\dfs", r"\127.0.0.2\dfs", 1),
            (r"\127.0.0.2\dfs\link", r"\127.0.0.3\data", 1),
            (r"\127.0.0.2\dfs\copies", r"\127.0.0.9\data", 3),
            (r"\127.0.0.2\dfs\sixteenth", r"\x1\data", 16),
            (r"\127.0.0.2\proxied", r"\127.0.0.3\data", 1),
        ];
        let expected = expected.map(|(path, first, count)| (path.to_owned(), first.to_owned(), count));
        assert_eq!((targets, requests), (expected.to_vec(), 7));
    }
}
