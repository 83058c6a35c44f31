//! What tests share: a running application, fixture media made by code, fault injection, and a client that
//! validates every response against the contract.
