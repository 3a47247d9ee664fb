//! Passkeys and security keys in the real browser, by its virtual authenticators (section 4.6, R-WA-02, R-WA-06).

use chromiumoxide::cdp::browser_protocol::web_authn::{
    AddCredentialParams, AddVirtualAuthenticatorParams, AuthenticatorId, AuthenticatorProtocol,
    AuthenticatorTransport, Credential, Ctap2Version, EnableParams, GetCredentialsParams,
    RemoveVirtualAuthenticatorParams, SetAutomaticPresenceSimulationParams, VirtualAuthenticatorOptions,
};

use crate::chromium::Chromium;
use crate::demo::Demo;

/// What a device can do.
struct Device {
    protocol: AuthenticatorProtocol,
    transport: AuthenticatorTransport,
    verifies: bool,
}

/// A laptop that knows its user.
const LAPTOP: Device = Device {
    protocol: AuthenticatorProtocol::Ctap2,
    transport: AuthenticatorTransport::Internal,
    verifies: true,
};
/// A security key of the first kind: presence only.
const OLD_KEY: Device =
    Device { protocol: AuthenticatorProtocol::U2f, transport: AuthenticatorTransport::Usb, verifies: false };
/// A security key without a PIN.
const PLAIN_KEY: Device = Device {
    protocol: AuthenticatorProtocol::Ctap2,
    transport: AuthenticatorTransport::Usb,
    verifies: false,
};

impl Chromium {
    async fn plug_in(&self, device: &Device) -> AuthenticatorId {
        self.page.execute(EnableParams::default()).await.unwrap();
        let mut options = VirtualAuthenticatorOptions::new(device.protocol.clone(), device.transport.clone());
        if device.protocol == AuthenticatorProtocol::Ctap2 {
            options.ctap2_version = Some(Ctap2Version::Ctap21);
            options.has_resident_key = Some(device.verifies);
            options.has_user_verification = Some(device.verifies);
            options.is_user_verified = Some(device.verifies);
        }
        options.automatic_presence_simulation = Some(true);
        let added = self.page.execute(AddVirtualAuthenticatorParams::new(options)).await.unwrap();
        added.result.authenticator_id.clone()
    }

    async fn unplug(&self, device: &AuthenticatorId) {
        self.page.execute(RemoveVirtualAuthenticatorParams::new(device.clone())).await.unwrap();
    }

    async fn keys_on(&self, device: &AuthenticatorId) -> Vec<Credential> {
        let found = self.page.execute(GetCredentialsParams::new(device.clone())).await.unwrap();
        found.result.credentials.clone()
    }

    /// Whether somebody touches the device whenever it asks.
    async fn touch(&self, device: &AuthenticatorId, always: bool) {
        let touch = SetAutomaticPresenceSimulationParams::new(device.clone(), always);
        self.page.execute(touch).await.unwrap();
    }

    /// At the start of a sign-in, as whoever closed the browser before.
    async fn sign_in_anew(&self, demo: &Demo) {
        self.forget_cookies().await;
        self.open(demo.application(0)).await;
        self.wait_for("form#login").await;
    }

    async fn type_password(&self, demo: &Demo) {
        self.fill("input[name=username]", demo.person("username")).await;
        self.fill("input[name=password]", demo.person("password")).await;
        self.click("form#login button.main").await;
    }

    /// Signs in by the password and sets up a key by pressing `button`, down to the application.
    async fn set_up(&self, demo: &Demo, button: &str) {
        self.sign_in_anew(demo).await;
        self.type_password(demo).await;
        self.wait_for("form#enrol").await;
        self.click("form#enrol button[value=passkey]").await;
        self.wait_for("form#new-key").await;
        self.pictures("new-key").await;
        self.click(button).await;
        self.wait_for("form#recovery-codes").await;
        self.click("input[name=saved]").await;
        self.click("form#recovery-codes button.main").await;
        self.wait_for("#claim-username").await;
    }
}

const PASSKEY: &str = "form#new-key button.main";
const SECURITY_KEY: &str = "form#new-key button[value=security_key]";

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_by_a_button_and_by_the_browsers_own_suggestion() {
    let _turn = crate::TURN.lock().await;
    let demo = Demo::start(&[]).await;
    let browser = Chromium::start().await;
    let laptop = browser.plug_in(&LAPTOP).await;
    browser.set_up(&demo, PASSKEY).await;
    let keys = browser.keys_on(&laptop).await;
    assert!(keys.len() == 1 && keys[0].is_resident_credential, "{keys:?}");

    // The name field's suggestion (conditional UI) waits until somebody takes it; the virtual device takes it at once.
    browser.forget_cookies().await;
    browser.open(demo.application(0)).await;
    browser.wait_for("#claim-username").await;
    assert_eq!(browser.text("#claim-username").await, demo.person("username"));

    // Where nobody takes it, the button asks anew.
    browser.touch(&laptop, false).await;
    browser.sign_in_anew(&demo).await;
    browser.pictures("login-passkey").await;
    browser.touch(&laptop, true).await;
    browser.click("button[form=passwordless]").await;
    browser.wait_for("#claim-username").await;

    // A second factor it is as well.
    browser.touch(&laptop, false).await;
    browser.sign_in_anew(&demo).await;
    browser.type_password(&demo).await;
    browser.wait_for("form#factor button.main").await;
    browser.pictures("passkey").await;
    browser.touch(&laptop, true).await;
    browser.click("form#factor button.main").await;
    browser.wait_for("#claim-username").await;

    // Without it, the page says so and stays usable.
    browser.unplug(&laptop).await;
    browser.sign_in_anew(&demo).await;
    browser.type_password(&demo).await;
    browser.wait_for("form#factor button.main").await;
    browser.click("form#factor button[value=lost_factor]").await;
    browser.wait_for("form#lost-factor").await;
    browser.assert_quiet();
}

/// Section 4.6: "faster next time".
#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_offered_after_a_code() {
    let _turn = crate::TURN.lock().await;
    let demo = Demo::start(&["--totp-enrolled"]).await;
    let browser = Chromium::start().await;
    let laptop = browser.plug_in(&LAPTOP).await;
    browser.sign_in_anew(&demo).await;
    browser.type_password(&demo).await;
    browser.wait_for("form#factor").await;
    let code = crate::walk::code(demo.person("totp_secret"), 0);
    browser.fill("form#factor input[name=code]", &code).await;
    browser.click("form#factor button.main").await;
    browser.wait_for("form#new-key").await;
    browser.pictures("passkey-offer").await;
    browser.click(PASSKEY).await;
    browser.wait_for("form#recovery-codes, #claim-username").await;
    assert_eq!(browser.keys_on(&laptop).await.len(), 1);
    browser.assert_quiet();
}

#[tokio::test(flavor = "multi_thread")]
async fn security_keys_without_verification_are_second_factors() {
    let _turn = crate::TURN.lock().await;
    for device in [OLD_KEY, PLAIN_KEY] {
        let demo = Demo::start(&[]).await;
        let browser = Chromium::start().await;
        browser.plug_in(&device).await;
        browser.set_up(&demo, SECURITY_KEY).await;
        browser.sign_in_anew(&demo).await;
        browser.type_password(&demo).await;
        browser.wait_for("form#factor button.main").await;
        browser.click("form#factor button.main").await;
        browser.wait_for("#claim-username").await;
        browser.assert_quiet();
    }
}

/// R-WA-06: of two devices with one key, the one that is behind is noticed, and the key is locked for both.
#[tokio::test(flavor = "multi_thread")]
async fn a_cloned_key_is_locked() {
    let _turn = crate::TURN.lock().await;
    let demo = Demo::start(&[]).await;
    let browser = Chromium::start().await;
    let first = browser.plug_in(&PLAIN_KEY).await;
    browser.set_up(&demo, SECURITY_KEY).await;
    let copied = browser.keys_on(&first).await.remove(0);
    browser.sign_in_anew(&demo).await;
    browser.type_password(&demo).await;
    browser.wait_for("form#factor button.main").await;
    browser.click("form#factor button.main").await;
    browser.wait_for("#claim-username").await;
    let latest = browser.keys_on(&first).await.remove(0);
    assert!(latest.sign_count > copied.sign_count, "the device counts: {latest:?}");
    browser.unplug(&first).await;
    let second = browser.plug_in(&PLAIN_KEY).await;
    browser.page.execute(AddCredentialParams::new(second.clone(), copied)).await.unwrap();
    browser.sign_in_anew(&demo).await;
    browser.type_password(&demo).await;
    browser.wait_for("form#factor button.main").await;
    browser.click("form#factor button.main").await;
    browser.wait_for("form#lost-factor").await;
    browser.unplug(&second).await;
    let owner = browser.plug_in(&PLAIN_KEY).await;
    browser.page.execute(AddCredentialParams::new(owner, latest)).await.unwrap();
    browser.sign_in_anew(&demo).await;
    browser.type_password(&demo).await;
    browser.wait_for("form#factor button.main").await;
    browser.click("form#factor button.main").await;
    browser.wait_for(".problem").await;
    browser.pictures("passkey-failed").await;
}

/// R-WA-02: another page of the same host, on another port, relays our challenge. The browser allows it, we do not; given to
/// our own page the same answer signs in.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_given_to_another_origin_of_the_same_host_is_worth_nothing() {
    let _turn = crate::TURN.lock().await;
    let demo = Demo::start(&[]).await;
    let browser = Chromium::start().await;
    browser.plug_in(&LAPTOP).await;
    browser.set_up(&demo, PASSKEY).await;
    // The pages' own script would ask for challenges of its own.
    browser.script(false).await;
    let lure = format!("{}/no-such-page", demo.application(1).trim_end_matches('/'));
    assert!(browser.relay(&demo, &lure).await.contains("class=\"problem\""), "another origin");
    let own = format!("{}/no-such-page", demo.issuer());
    assert!(browser.relay(&demo, &own).await.contains("claim-username"), "the same by our own page");
}

impl Chromium {
    /// Begins a sign-in, has its challenge signed on the page `signer`, and sends the answer; answers the page after it.
    async fn relay(&self, demo: &Demo, signer: &str) -> String {
        self.sign_in_anew(demo).await;
        let sign_in = self.page.url().await.unwrap().unwrap();
        let asked: String = self
            .evaluate(
                "(async () => { const form = document.getElementById('passwordless');
                 const body = new URLSearchParams(new FormData(form));
                 return (await fetch(form.dataset.options, { method: 'POST', body })).text(); })()",
            )
            .await;
        self.open(signer).await;
        let asked = serde_json::to_string(&asked).unwrap();
        let signed: String = self
            .evaluate(&format!(
                "(async () => {{ const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse({asked}));
                 return JSON.stringify((await navigator.credentials.get({{ publicKey }})).toJSON()); }})()"
            ))
            .await;
        self.open(&sign_in).await;
        self.wait_for("form#login").await;
        let signed = serde_json::to_string(&signed).unwrap();
        let _sent: bool = self
            .evaluate(&format!(
                "(() => {{ const form = document.getElementById('passwordless');
                 form.elements.answer.value = {signed}; form.submit(); return true; }})()"
            ))
            .await;
        self.wait_for(".problem, #go, #claim-username").await;
        self.page.content().await.unwrap()
    }
}
