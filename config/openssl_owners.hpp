#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

/// Owners of OpenSSL's objects, for the files of this folder that work with certificates.
namespace troupe::config {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* x) const {
    Free(x);
  }
};

using bio_owner = std::unique_ptr<BIO, freed_by<BIO_free>>;
using certificate_owner = std::unique_ptr<X509, freed_by<X509_free>>;
using key_owner = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;

} // namespace troupe::config
