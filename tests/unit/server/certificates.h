// Certificates made while the test runs.
#pragma once

#include <string>

namespace veritag::server::test {

struct Certificate {
    std::string certificate_file;
    std::string key_file;
};

/// Writes `<stem>.pem` and `<stem>.key`: a P-256 key and a certificate for `name`, valid for `days` more days (negative: until so many
/// days ago). Signed by `issuer`, or by itself where that is null; `ca` makes it one that signs others.
Certificate make_certificate(const std::string& stem, const std::string& name, const Certificate* issuer = nullptr, bool ca = false, int days = 2);

/// The same key with a passphrase.
void encrypt_key(const std::string& key_file, const std::string& encrypted_file);

}  // namespace veritag::server::test
