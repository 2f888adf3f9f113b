#include "net/link_failure.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace troupe::net {

namespace {

constexpr auto one_authority =
  "; certificates of both must come from one: troupe cluster ca issue DIR NAME";

std::string verdict_text(long verdict, const std::string& authority) {
  switch (verdict) {
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    return "its certificate is of another authority than that in " + authority + one_authority;
  case X509_V_ERR_CERT_HAS_EXPIRED: return "its certificate has ended; issue it a new one";
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return "its certificate is not valid yet; look at the clocks of both machines";
  default:
    return std::string{"its certificate is not accepted: "} +
           X509_verify_cert_error_string(verdict);
  }
}

} // namespace

std::string link_failure(const boost::system::error_code& error, long verdict,
                         const std::string& authority) {
  if (verdict != X509_V_OK)
    return verdict_text(verdict, authority);
  if (error == boost::asio::error::eof || error == boost::asio::ssl::error::stream_truncated)
    return "it closed the connection";
  if (error.category() != boost::asio::error::get_ssl_category())
    return error.message();
  switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
  case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
  case SSL_R_TLSV1_ALERT_DECRYPT_ERROR: // an authority of the same name, with another key
    return std::string{"it does not accept this node's certificate, which is of another authority "
                       "than its own"} +
           one_authority;
  case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    return "it says that this node's certificate has ended; issue a new one";
  case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    return "it does not accept this node's certificate; the peer's own messages say why";
  case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "it shows no certificate";
  case SSL_R_WRONG_VERSION_NUMBER:
  case SSL_R_UNSUPPORTED_PROTOCOL:
  case SSL_R_HTTP_REQUEST: return "it speaks no TLS 1.3, so it is no node of Troupe";
  default: return error.message();
  }
}

} // namespace troupe::net
