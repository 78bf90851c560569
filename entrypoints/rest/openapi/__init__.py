"""The description of the API: an operation for each responder, and the OpenAPI document built from them."""
