"""What the API says of itself: descriptions beside the responders, and the OpenAPI document that is made of them."""
