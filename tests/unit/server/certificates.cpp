#include "certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace veritag::server::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using X509Pointer = std::unique_ptr<X509, void (*)(X509*)>;
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_file(const std::string& path, const char* mode) {
    File file(std::fopen(path.c_str(), mode), &std::fclose);
    if (!file) throw std::runtime_error("cannot open " + path);
    return file;
}

Key read_key(const std::string& path) {
    const File file = open_file(path, "r");
    return {PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
}

void add_extension(X509* certificate, int kind, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

}  // namespace

Certificate make_certificate(const std::string& stem, const std::string& name, const Certificate* issuer, bool ca, int days) {
    static std::atomic<long> serial = 1;
    constexpr long kDay = 24 * 60 * 60;
    const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const X509Pointer certificate(X509_new(), &X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -10 * kDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days * kDay);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_pubkey(certificate.get(), key.get());
    add_extension(certificate.get(), NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (issuer == nullptr) {
        X509_set_issuer_name(certificate.get(), subject);
        X509_sign(certificate.get(), key.get(), EVP_sha256());
    } else {
        const File file = open_file(issuer->certificate_file, "r");
        const X509Pointer parent(PEM_read_X509(file.get(), nullptr, nullptr, nullptr), &X509_free);
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(parent.get()));
        X509_sign(certificate.get(), read_key(issuer->key_file).get(), EVP_sha256());
    }
    Certificate made{stem + ".pem", stem + ".key"};
    PEM_write_X509(open_file(made.certificate_file, "w").get(), certificate.get());
    PEM_write_PrivateKey(open_file(made.key_file, "w").get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return made;
}

void encrypt_key(const std::string& key_file, const std::string& encrypted_file) {
    unsigned char passphrase[] = "secret";
    PEM_write_PrivateKey(open_file(encrypted_file, "w").get(), read_key(key_file).get(), EVP_aes_128_cbc(), passphrase, 6, nullptr, nullptr);
}

}  // namespace veritag::server::test
