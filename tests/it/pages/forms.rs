//! Names that other programs rely on, and what each form must carry (R-TP-04, R-PW-09).

use keyward::pages::samples;
use scraper::{ElementRef, Html, Selector};

fn document(template: &str) -> Html {
    Html::parse_document(&super::built_in().render(&super::sample(template), "n0nce").html)
}

fn has(document: &Html, selector: &str) -> bool {
    document.select(&Selector::parse(selector).expect("a selector")).next().is_some()
}

#[test]
fn form_ids_and_field_names_are_stable() {
    let expected = [
        ("journey/login.html", "form#login input[name=username]"),
        ("journey/login.html", "form#login input[name=password][type=password]"),
        ("journey/login.html", "form#login button[name=action][value=cancel]"),
        ("journey/factor.html", "form#factor input[name=code]"),
        ("journey/factor.html", "form#factor button[name=action][value=recovery_code]"),
        ("journey/factor.html", "form#factor button[name=action][value=lost_factor]"),
        ("journey/recovery_code.html", "form#factor input[name=code]"),
        ("journey/enrol.html", "form#enrol input[name=code]"),
        ("journey/enrol.html", "form#enrol svg.qr path[d]"),
        ("journey/enrol.html", "form#enrol a[href^='otpauth://']"),
        ("journey/recovery_codes.html", "form#recovery-codes input[name=saved][value=yes][required]"),
        ("journey/change_password.html", "form#change-password input[name=password_again]"),
        ("journey/consent.html", "form#consent button[name=action][value=allow]"),
        ("journey/consent.html", "form#consent button[name=action][value=deny]"),
        ("journey/select_account.html", "form#select-account button[name=account]"),
        ("journey/invitation.html", "form#invitation button[name=action][value=begin]"),
        ("account/home.html", "form#logout[action='/logout'] button[value=sign_out]"),
        ("logout/confirm.html", "form#logout button[value=sign_out]"),
        ("logout/status.html", "#sign-out-status iframe[src]"),
        ("demo/signed_out.html", "a#log-in"),
        ("demo/home.html", "form#local-logout button"),
        ("demo/home.html", "a#sign-out-everywhere"),
    ];
    for (template, selector) in expected {
        assert!(has(&document(template), selector), "{template} lacks {selector}");
    }
}

#[test]
fn r_pw_09_password_managers_and_phones_know_each_field() {
    let login = document("journey/login.html");
    assert!(
        has(&login, "input[name=username][autocomplete='username webauthn']"),
        "the token for keys comes last"
    );
    assert!(has(&login, "input[name=password][autocomplete=current-password]"));
    let change = document("journey/change_password.html");
    assert!(has(&change, "input[name=password][autocomplete=new-password]"));
    assert!(has(&change, "input[name=password_again][autocomplete=new-password]"));
    for template in ["journey/factor.html", "journey/enrol.html"] {
        let selector = "input[name=code][inputmode=numeric][autocomplete=one-time-code]";
        assert!(has(&document(template), selector), "{template}");
    }
}

#[test]
fn r_tp_04_every_form_that_posts_to_us_carries_the_token_once() {
    let pages = super::built_in();
    for page in samples::friendly().iter().filter(|page| page.template() != "journey/form_post.html") {
        let document = Html::parse_document(&pages.render(page, "n0nce").html);
        for form in document.select(&Selector::parse("form").expect("a selector")) {
            assert_eq!(form.value().attr("method"), Some("post"), "{}", page.template());
            let token = Selector::parse("input[type=hidden][name=form_token][value='7Yd0sample']");
            assert_eq!(form.select(&token.expect("a selector")).count(), 1, "{}", page.template());
        }
    }
}

#[test]
fn the_enter_key_never_cancels() {
    let pages = super::built_in();
    for page in samples::friendly() {
        let document = Html::parse_document(&pages.render(&page, "n0nce").html);
        for form in document.select(&Selector::parse("form").expect("a selector")) {
            let button = Selector::parse("button:not([type=button])").expect("a selector");
            let typed =
                Selector::parse("input[type=text]:not([readonly]), input[type=password]").expect("one");
            if form.select(&typed).next().is_some() {
                let first = form.select(&button).next().expect("a form has a button");
                assert_eq!(first.value().attr("name"), None, "{}: Enter presses it", page.template());
            }
        }
    }
}

#[test]
fn every_field_has_a_label_every_page_a_heading_and_ids_are_unique() {
    let pages = super::built_in();
    for page in samples::friendly() {
        let name = page.template();
        let document = Html::parse_document(&pages.render(&page, "n0nce").html);
        assert!(has(&document, "html[lang=en][dir=ltr]") && has(&document, "main h1"), "{name}");
        assert_eq!(document.select(&Selector::parse("h1").expect("one")).count(), 1, "{name}: one heading");
        let field = Selector::parse("input:not([type=hidden]):not([aria-hidden])").expect("a selector");
        for field in document.select(&field) {
            let id = field.value().attr("id").expect("a field has an id");
            assert!(has(&document, &format!("label[for={id}]")), "{name}: {id} has no label");
        }
        let with_id = Selector::parse("[id]").expect("a selector");
        let mut ids: Vec<_> = document.select(&with_id).filter_map(|item| item.value().attr("id")).collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(all, ids.len(), "{name}: an id stands twice");
        let described = Selector::parse("[aria-describedby]").expect("a selector");
        let references =
            |item: ElementRef<'_>| item.value().attr("aria-describedby").unwrap_or_default().to_owned();
        for id in document.select(&described).map(references).flat_map(|ids| words(&ids)) {
            assert!(has(&document, &format!("#{id}")), "{name}: nothing has the id {id}");
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_support_contact_and_request_id_stand_on_every_refusal() {
    let pages = super::built_in();
    let refusals =
        ["error.html", "journey/restart.html", "journey/ask_administrator.html", "journey/lost_factor.html"];
    for page in samples::friendly().iter().filter(|page| refusals.contains(&page.template())) {
        let html = pages.render(page, "n0nce").html;
        assert!(
            html.contains("help@northwind.example") && html.contains("01JD-4K7Q-2M"),
            "{}",
            page.template()
        );
    }
}
