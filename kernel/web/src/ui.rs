//! The page frame and the small components that every domain's pages are made of.
//!
//! A handler takes a [`Frame`] (who asks, and what the sidebar shows), makes its content from the components here, and
//! gives it to [`Frame::page`]. A form's handler ends with [`done`]: a redirect that says what happened, with an undo where
//! there is one. With scripts the same forms and links are fetched and the page is morphed; nothing else differs.

mod done;
mod door;
mod frame;
mod page;
mod parts;
mod person;
mod settings;
mod shell;
mod theme;
mod time;

pub use done::{Undo, back, done, done_with_undo};
pub(crate) use done::{forgotten, is_said};
pub(crate) use door::{Wrong, error_page};
pub use door::{door, public};
pub use frame::{Frame, inbox_count};
pub use page::Page;
pub use parts::{Aspect, chip, empty, field, icon, lamp, lamp_named, option, query, signal, svg_use};
pub use person::{avatar, avatar_named, avatars};
pub use settings::{once, press, press_icon, refusal, settings, settings_pages, tick};
pub use shell::{LoadShell, Shell, ShellEnvironment, ShellProject, no_shell};
pub use theme::themed;
pub use time::{day, days_from, time, time_in};
