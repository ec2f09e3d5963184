// The client against a TLS server whose certificate is made here. The system's store is replaced by
// SSL_CERT_FILE, which OpenSSL's default paths honour.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>

#include "net/client.h"
#include "net/test_support.h"

namespace wardbook::net {
namespace {

using testing::Reactor;

/// A self-signed certificate for the name localhost, as a file.
class Certificate {
 public:
  Certificate() : key_(EVP_RSA_gen(2048)), certificate_(X509_new()) {
    X509_set_version(certificate_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    auto* name = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate_, name);
    auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(certificate_, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate_, key_, EVP_sha256());
    const auto pattern = std::filesystem::temp_directory_path() / "wb_net_tls_XXXXXX";
    path_ = pattern.string();
    const int fd = ::mkstemp(path_.data());
    FILE* file = ::fdopen(fd, "w");
    PEM_write_X509(file, certificate_);
    std::fclose(file);
  }
  ~Certificate() {
    ::unlink(path_.c_str());
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  void use_in(SSL_CTX* context) const {
    SSL_CTX_use_certificate(context, certificate_);
    SSL_CTX_use_PrivateKey(context, key_);
  }

 private:
  EVP_PKEY* key_;
  X509* certificate_;
  std::string path_;
};

/// Takes one connection and answers what comes on it until the other side closes.
class TlsPeer {
 public:
  explicit TlsPeer(const Certificate& certificate)
      : context_(SSL_CTX_new(TLS_server_method())), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    certificate.use_in(context_);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(listener_, 4);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsPeer() {
    join();
    ::close(listener_);
    SSL_CTX_free(context_);
  }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  void join() {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // After join:
  [[nodiscard]] const std::string& server_name() const { return server_name_; }
  [[nodiscard]] int requests() const { return requests_; }

 private:
  void serve() {
    const int fd = ::accept(listener_, nullptr, nullptr);
    SSL* tls = SSL_new(context_);
    SSL_set_fd(tls, fd);
    if (SSL_accept(tls) == 1) {
      const char* name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
      server_name_ = name ? name : "";
      const std::string body(100'000, 't');
      const std::string answer =
          "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
      char bytes[8192];
      while (SSL_read(tls, bytes, sizeof(bytes)) > 0) {
        ++requests_;
        SSL_write(tls, answer.data(), static_cast<int>(answer.size()));
      }
    }
    SSL_free(tls);
    ::close(fd);
  }

  SSL_CTX* context_;
  int listener_;
  std::uint16_t port_ = 0;
  std::string server_name_;
  int requests_ = 0;
  std::thread thread_;
};

Task<std::string> fetch(Client& client) {
  ClientRequest request;
  request.method = "GET";
  request.target = "/";
  std::string result;
  try {
    auto response = co_await client.send(std::move(request));
    result = co_await response->read_all(1'000'000);
  } catch (const TransportError& error) {
    result = error.kind() == TransportError::Kind::connect ? "refused" : error.what();
  }
  co_return result;
}

/// What two requests bring from a server with that certificate.
std::vector<std::string> fetch_twice(const TlsPeer& peer, const std::string& host) {
  Reactor reactor;
  ClientOptions options;
  options.host = host;
  options.port = peer.port();
  options.tls = true;
  options.max_connections = 1;
  auto client =
      reactor.call([&] { return std::make_unique<Client>(reactor.io(), std::move(options)); });
  std::vector<std::string> results;
  results.push_back(reactor.spawn(fetch(*client)).get());
  if (results[0] != "refused") results.push_back(reactor.spawn(fetch(*client)).get());
  reactor.call([&] { client.reset(); });
  return results;
}

class ClientTlsTest : public ::testing::Test {
 protected:
  void trust(const std::string& path) { ::setenv("SSL_CERT_FILE", path.c_str(), 1); }
  void TearDown() override { ::unsetenv("SSL_CERT_FILE"); }

  Certificate certificate_;
};

TEST_F(ClientTlsTest, TalksToATrustedServer) {
  trust(certificate_.path());
  TlsPeer peer(certificate_);
  const std::vector<std::string> expected(2, std::string(100'000, 't'));
  EXPECT_EQ(fetch_twice(peer, "localhost"), expected);
  peer.join();
  EXPECT_EQ(peer.server_name(), "localhost");
  EXPECT_EQ(peer.requests(), 2);
}

TEST_F(ClientTlsTest, RefusesAnUnknownCertificate) {
  const Certificate other;
  trust(other.path());
  TlsPeer peer(certificate_);
  EXPECT_EQ(fetch_twice(peer, "localhost"), std::vector<std::string>{"refused"});
}

TEST_F(ClientTlsTest, RefusesAnotherName) {
  trust(certificate_.path());
  TlsPeer peer(certificate_);
  EXPECT_EQ(fetch_twice(peer, "127.0.0.1"), std::vector<std::string>{"refused"});
}

}  // namespace
}  // namespace wardbook::net
