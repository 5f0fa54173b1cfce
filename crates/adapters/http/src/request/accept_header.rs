//! The `Accept` header (RFC 9110 section 12.5.1), as far as there is a choice: JSON or CSV.

use actix_web::http::header::{self, HeaderMap};

/// Whether the client prefers CSV to JSON. Where it says nothing, something that makes no sense or
/// likes both as much, it does not.
#[must_use]
pub fn prefers_csv(headers: &HeaderMap) -> bool {
    let lists: Vec<&str> =
        headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok()).collect();
    let ranges: Vec<(&str, u16)> =
        lists.iter().flat_map(|list| list.split(',')).map(range).collect();
    let quality = |names: [&str; 3]| {
        // The most specific range that matches counts, whatever a wider one says.
        let of = |name: &str| {
            let named = ranges.iter().filter(|(range, _)| range.eq_ignore_ascii_case(name));
            named.map(|(_, quality)| *quality).max()
        };
        names.into_iter().find_map(of).unwrap_or(0)
    };
    quality(["text/csv", "text/*", "*/*"]) > quality(["application/json", "application/*", "*/*"])
}

/// A media range and its quality in thousandths. Parameters but `q` are not looked at.
fn range(text: &str) -> (&str, u16) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
    });
    (name, quality.unwrap_or(1000))
}

/// Reads a quality (RFC 9110 section 12.4.2); what is none counts as 0.
fn thousandths(value: &str) -> u16 {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match whole {
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        "1" => 1000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn csv_is_for_those_who_like_it_better() {
        for (accept, csv) in [
            (&[][..], false),
            (&["*/*"], false),
            (&["application/json"], false),
            (&["text/csv"], true),
            (&["TEXT/CSV; charset=utf-8"], true),
            (&["text/*"], true),
            (&["text/csv, application/json"], false),
            (&["text/csv, application/json;q=0.9"], true),
            (&["text/csv;q=0.5, application/json;q=0.9"], false),
            (&["application/json;q=0.1", "text/csv;q=0.2"], true),
            (&["text/csv;q=0.2, */*;q=0.1"], true),
            (&["text/csv;q=0, */*"], false),
            (&["text/csv;q=2"], false),
            (&["text/csv;q=0.5555"], false),
            (&["text/csv ; Q = 1.000"], true),
            (&["text/html, application/xhtml+xml, */*;q=0.8"], false),
            (&["", ",;=,"], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in accept {
                headers.append(header::ACCEPT, HeaderValue::from_static(value));
            }
            assert_eq!(prefers_csv(&headers), csv, "{accept:?}");
        }
    }
}
