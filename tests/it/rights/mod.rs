//! Who may call what: the routes that the server really has, held against the description and against who is refused
//! there. The staff's endpoints are walked through in `desk/rights.rs` and `desk/managed_rights.rs`.

pub mod customers;
pub mod pages;
mod routes;

use http::Method;

use crate::support::TestApp;

/// A method and a path, as the router has it.
pub type Route = (Method, String);

/// The routes of the description, below the API's base.
pub fn described() -> Vec<Route> {
    let document = serde_json::to_value(ferrodesk::http::openapi("/api/v1")).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("an item").keys();
        methods.map(move |method| (method.to_uppercase().parse().expect("a method"), path.clone()))
    });
    operations.collect()
}

/// Every route that the server has. axum tells of its routes in its `Debug` alone; `routes.rs` sees to it that this finds
/// them there.
pub fn served(app: &TestApp) -> Vec<Route> {
    let told = format!("{:?}", ferrodesk::http::service(app.state.clone()));
    // What answers where nothing else does is told of behind them.
    let routes = told.split("fallback_router: ").next().expect("the router's routes");
    let (endpoints, rest) = routes.split_once("node: Node").expect("the router's paths");
    let endpoints = endpoints.split("RouteId(").skip(1).filter_map(|part| part.split_once("): "));
    let paths = rest.split("RouteId(").skip(1).filter_map(|part| part.split_once("): \""));
    let paths: std::collections::BTreeMap<&str, &str> =
        paths.filter_map(|(id, part)| Some((id, part.split_once('"')?.0))).collect();
    let mut served = Vec::new();
    for (id, endpoint) in endpoints {
        let Some(path) = paths.get(id) else { continue };
        let methods = [
            ("get", Method::GET),
            ("delete", Method::DELETE),
            ("patch", Method::PATCH),
            ("post", Method::POST),
            ("put", Method::PUT),
        ];
        for (name, method) in methods {
            let is_served = !endpoint.contains(&format!("{name}: None")) && endpoint.contains(&format!("{name}: "));
            if is_served {
                served.push((method, (*path).to_owned()));
            }
        }
    }
    served.sort_by_key(|(method, path)| (path.clone(), method.to_string()));
    served
}
