use crate::harness::Harness;
use serde_json::Value;
use std::collections::BTreeSet;

async fn document() -> Value {
    let answer = Harness::new().await.get("/api/v1/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.json()
}

#[actix_web::test]
async fn every_operation_is_described_with_every_status() {
    let document = document().await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            let statuses: Vec<_> = responses.keys().map(String::as_str).collect();
            described.insert(format!("{method} {path} {}", statuses.join(" ")));
            for (status, response) in responses {
                if (path.starts_with("/api/v1/") || status == "400")
                    && status.starts_with(['4', '5'])
                {
                    let content = &response["content"]["application/problem+json"];
                    assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem");
                }
            }
        }
    }
    let expected = [
        "get /api/v1/accounts 200 400 401 403 429 500 503",
        "get /api/v1/accounts/{account} 200 400 401 403 404 429 500 503",
        "get /api/v1/accounts/{account}/balance 200 400 401 403 404 429 500 503",
        "get /api/v1/accounts/{account}/statement 200 400 401 403 404 429 500 503",
        "get /api/v1/api-keys 200 400 401 403 429 500 503",
        "get /api/v1/api-keys/{id} 200 400 401 403 404 429 500 503",
        "get /api/v1/audit 200 400 401 403 429 500 503",
        "get /api/v1/fx/convert 200 400 401 403 422 429 500 503",
        "get /api/v1/fx/rates 200 400 401 403 422 429 500 503",
        "get /api/v1/integrity 200 400 401 403 429 500 503",
        "get /api/v1/merchants 200 400 401 403 429 500 503",
        "get /api/v1/merchants/{merchant} 200 400 401 403 404 429 500 503",
        "get /api/v1/payments 200 400 401 403 429 500 503",
        "get /api/v1/payments/{id} 200 400 401 403 404 429 500 503",
        "get /api/v1/payments/{id}/refunds 200 400 401 403 404 429 500 503",
        "get /api/v1/payments/{id}/timeline 200 400 401 403 404 429 500 503",
        "get /api/v1/sandbox/random-accounts 200 400 401 403 404 429 500 503",
        "get /health 200 400",
        "get /health/live 200 400",
        "get /health/ready 200 400 503",
        "get /healthz 200 400",
        "get /metrics 200 400",
        "post /api/v1/accounts 201 400 401 403 408 409 413 415 422 429 500 503",
        "post /api/v1/accounts/{account}/close 200 400 401 403 404 408 409 413 415 429 500 503",
        "post /api/v1/api-keys 201 400 401 403 408 413 415 422 429 500 503",
        "post /api/v1/api-keys/{id}/revoke 200 400 401 403 404 408 413 415 429 500 503",
        "post /api/v1/api-keys/{id}/rotate 201 400 401 403 404 408 409 413 415 422 429 500 503",
        "post /api/v1/fx/quotes 201 400 401 403 408 413 415 422 429 500 503",
        "post /api/v1/merchants 201 400 401 403 408 409 413 415 422 429 500 503",
        "post /api/v1/payments 201 400 401 403 408 409 413 415 422 429 500 503",
        "post /api/v1/payments/{id}/capture 200 400 401 403 404 408 409 413 415 422 429 500 503",
        "post /api/v1/payments/{id}/refunds 201 400 401 403 404 408 413 415 422 429 500 503",
        "post /api/v1/payments/{id}/void 200 400 401 403 404 408 409 413 415 429 500 503",
        "post /api/v1/transfers 201 400 401 403 408 409 413 415 422 429 500 503",
    ];
    assert_eq!(described.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[actix_web::test]
async fn every_operation_has_a_row_in_the_documents() {
    let page = include_str!("../../../../../docs/api.md");
    let rows =
        page.lines().filter(|line| line.starts_with("| `GET ") || line.starts_with("| `POST "));
    // A row may name several paths of one method.
    let told = rows.flat_map(|row| {
        let names = row.split(" | ").next().unwrap().split('`').skip(1).step_by(2);
        let method = names.clone().next().unwrap().split(' ').next().unwrap().to_lowercase();
        names.map(move |name| format!("{method} {}", name.rsplit(' ').next().unwrap()))
    });
    let told: BTreeSet<String> = told.collect();
    let document = document().await;
    let paths = document["paths"].as_object().unwrap().iter();
    let mut operations: BTreeSet<String> = paths
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .collect();
    // What describes the others is not described.
    operations.extend(["get /api/v1/openapi.json", "get /api/v1/docs/"].map(ToOwned::to_owned));
    assert_eq!(told, operations);
}

#[actix_web::test]
async fn every_operation_has_an_id_of_its_own() {
    let document = document().await;
    let items = document["paths"].as_object().unwrap().values();
    let operations: Vec<_> = items.flat_map(|item| item.as_object().unwrap().values()).collect();
    let ids: BTreeSet<_> =
        operations.iter().map(|it| it["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len());
}

/// What a problem's code is described with is a code that there is.
#[actix_web::test]
async fn every_code_that_is_described_exists() {
    let document = document().await;
    let codes = document["components"]["schemas"]["ProblemCode"]["enum"].as_array().unwrap();
    let mut described = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let text = response["description"].as_str().unwrap();
                let codes = text.split('`').skip(1).step_by(2).filter(|_| status.as_str() >= "400");
                described.extend(codes.map(str::to_owned));
            }
        }
    }
    for code in &described {
        assert!(codes.contains(&code.as_str().into()), "{code}");
    }
    let anywhere = ["bad-request", "head-too-large", "method-not-allowed"];
    for code in codes.iter().map(|it| it.as_str().unwrap()) {
        assert!(
            described.contains(code) || anywhere.contains(&code),
            "{code} is described nowhere"
        );
    }
}

#[actix_web::test]
async fn every_reference_leads_somewhere() {
    let document = document().await;
    let (mut rest, mut references) = (vec![&document], 0);
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(items) => rest.extend(items),
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                    references += 1;
                }
                rest.extend(members.values());
            }
            _ => {}
        }
    }
    assert!(references > 30);
}

#[actix_web::test]
async fn the_schemas_say_what_the_code_does() {
    let document = document().await;
    let schemas = &document["components"]["schemas"];
    let request = &schemas["CreatePayment"];
    assert_eq!(request["additionalProperties"], false);
    assert_eq!(request["required"], serde_json::json!(["amount", "currency", "reference"]));
    assert_eq!(schemas["ExactDecimal"]["type"], "number");
    assert_eq!(schemas["PaymentStatus"]["enum"].as_array().unwrap().len(), 9);
    let required = schemas["Problem"]["required"].as_array().unwrap();
    assert_eq!(required.len(), 7, "{required:?}");
    assert!(schemas["ProblemCode"]["enum"].as_array().unwrap().contains(&"overloaded".into()));
    insta::assert_snapshot!("openapi", serde_json::to_string_pretty(&document).unwrap());
}

#[actix_web::test]
async fn the_page_is_served_from_here_alone() {
    let harness = Harness::new().await;
    for path in ["/", "/api/v1/docs"] {
        let answer = harness.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (307, Some("/api/v1/docs/"))
        );
    }
    let page = harness.get("/api/v1/docs/").await;
    assert_eq!(page.header("content-type"), Some("text/html"));
    assert!(page.text.contains("swagger-ui-bundle.js") && !page.text.contains("https://"));
    for (file, content_type) in
        [("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css")]
    {
        let asset = harness.get(&format!("/api/v1/docs/{file}")).await;
        assert_eq!(asset.header("content-type"), Some(content_type));
        assert!(asset.text.len() > 100_000, "{file}");
    }
    let start = harness.get("/api/v1/docs/swagger-initializer.js").await;
    assert!(start.text.contains("/api/v1/openapi.json"), "{start:?}");
    assert!(start.text.contains(r#""validatorUrl": "none""#), "no badge from the Internet");
    harness.get("/api/v1/docs/nothing.js").await.is_problem(404, "route-not-found");
}
