//! What people, thieves and administrators do, at random.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// What is typed into a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// The right password of this person, or a wrong one.
    Password { person: usize, right: bool },
    /// The present code of this person's app.
    Code { person: usize },
    /// The code that was last accepted for this person.
    OldCode { person: usize },
    /// A code that nobody has.
    WrongCode,
    /// One of this person's recovery codes, spent ones included.
    RecoveryCode { person: usize, which: usize },
    /// A code of the app that this very page offers.
    Enrolment { right: bool },
    /// The codes are saved.
    Saved,
    /// A new password, the present one, or one that is too short.
    NewPassword { quality: usize },
    /// Yes or no.
    Consent { allow: bool },
    /// Another account than the present one.
    OtherAccount,
    /// Away from here.
    Cancel,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// An application sends the browser; with a prompt or `max_age`.
    Start { browser: usize, client: usize, wish: &'static str },
    /// The browser asks for Keyward's own sign-in.
    Home { browser: usize },
    /// The person does what the page asks, rightly.
    GoOn { browser: usize, person: usize },
    /// A button of the page.
    Press { browser: usize, button: &'static str },
    /// A form of some journey of some browser is sent, whatever page it is at; perhaps with another journey's token.
    Forge { browser: usize, journey: usize, fill: Fill, token_of: Option<usize> },
    /// The last form is sent again.
    Again,
    /// The page of a journey is opened again: another tab, or the back button.
    Look { browser: usize, journey: usize },
    /// The browser takes over the other's session or browser cookie.
    Steal { browser: usize, session: bool },
    /// The button that signs out everywhere.
    SignOut { browser: usize },
    /// An administrator's link is made and opened.
    Invite { browser: usize, person: usize },
    /// An administrator switches the person off or on.
    Disable { person: usize, disabled: bool },
    /// Time goes by.
    Clock { seconds: u64 },
}

const WISHES: [&str; 6] =
    ["", "&prompt=login", "&prompt=consent", "&prompt=select_account", "&prompt=none", "&max_age=0"];
const BUTTONS: [&str; 5] = ["cancel", "recovery_code", "lost_factor", "other_account", "back"];

fn two() -> impl Strategy<Value = usize> {
    0..2usize
}

fn fills() -> impl Strategy<Value = Fill> {
    prop_oneof![
        (two(), any::<bool>()).prop_map(|(person, right)| Fill::Password { person, right }),
        two().prop_map(|person| Fill::Code { person }),
        two().prop_map(|person| Fill::OldCode { person }),
        Just(Fill::WrongCode),
        (two(), 0..2usize).prop_map(|(person, which)| Fill::RecoveryCode { person, which }),
        any::<bool>().prop_map(|right| Fill::Enrolment { right }),
        Just(Fill::Saved),
        (0..3usize).prop_map(|quality| Fill::NewPassword { quality }),
        any::<bool>().prop_map(|allow| Fill::Consent { allow }),
        Just(Fill::OtherAccount),
        Just(Fill::Cancel),
    ]
}

fn acts() -> impl Strategy<Value = Act> {
    let forge = (two(), 0..4usize, fills(), option::weighted(0.15, 0..4usize));
    let clock = select(vec![1u64, 30, 60, 901, 3601, 43_201]);
    prop_oneof![
        30 => (two(), two()).prop_map(|(browser, person)| Act::GoOn { browser, person }),
        6 => (two(), two(), select(WISHES.to_vec()))
            .prop_map(|(browser, client, wish)| Act::Start { browser, client, wish }),
        1 => two().prop_map(|browser| Act::Home { browser }),
        3 => (two(), select(BUTTONS.to_vec())).prop_map(|(browser, button)| Act::Press { browser, button }),
        10 => forge.prop_map(|(browser, journey, fill, token_of)| Act::Forge { browser, journey, fill, token_of }),
        3 => Just(Act::Again),
        3 => (two(), 0..4usize).prop_map(|(browser, journey)| Act::Look { browser, journey }),
        1 => (two(), any::<bool>()).prop_map(|(browser, session)| Act::Steal { browser, session }),
        1 => two().prop_map(|browser| Act::SignOut { browser }),
        1 => (two(), two()).prop_map(|(browser, person)| Act::Invite { browser, person }),
        1 => (two(), any::<bool>()).prop_map(|(person, disabled)| Act::Disable { person, disabled }),
        3 => clock.prop_map(|seconds| Act::Clock { seconds }),
    ]
}

/// A random sequence; before half of them Bob has enrolled an app in the second browser.
pub fn sequences() -> impl Strategy<Value = Vec<Act>> {
    (any::<bool>(), vec(acts(), 10..40)).prop_map(|(enrolled, acts)| {
        let start = Act::Start { browser: 1, client: 0, wish: "" };
        let go_on = Act::GoOn { browser: 1, person: 1 };
        let before = if enrolled { 4 } else { 0 };
        let prelude = [start, go_on, go_on, go_on].into_iter().take(before);
        prelude.chain(acts).collect()
    })
}
