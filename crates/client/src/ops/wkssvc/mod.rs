//! The operations of the workstation service ([MS-WKST] 3.2.4), one file each. They go through a pipe of their own.

mod get_join_information;
mod wksta_get_info;
mod wksta_user_enum;
mod workstation_statistics_get;
