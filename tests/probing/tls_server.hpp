// An authority of our own, certificates by it, and a server that shows one of them and answers 200.
//
// Owns  The folder with the keys. openssl(1) makes them: good ones, an expired one, another name.
#pragma once

#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::probing {

class Authority {
 public:
  Authority() {
    run("req -x509 " + key("ca") + " -days 2 -subj /CN=test-authority -out " + ca_file());
  }
  std::string ca_file() const { return folder_.file("ca.pem"); }
  const topics::TemporaryFolder& folder() const { return folder_; }

  // NAME.pem and NAME.key; `names` as in subjectAltName.
  void sign(const std::string& name, const std::string& names, int days) {
    run("req " + key(name) + " -subj /CN=" + name + " -addext subjectAltName=" + names + " -out " +
        folder_.file(name + ".csr"));
    run("x509 -req -in " + folder_.file(name + ".csr") + " -CA " + ca_file() + " -CAkey " +
        folder_.file("ca.key") + " -CAcreateserial -copy_extensions copy -days " +
        std::to_string(days) + " -out " + folder_.file(name + ".pem"));
  }

 private:
  std::string key(const std::string& name) const {
    return "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " +
           folder_.file(name + ".key");
  }
  static void run(const std::string& arguments) {
    const std::string command = "openssl " + arguments + " 2>/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }

  topics::TemporaryFolder folder_;
};

class TlsServer {
 public:
  TlsServer(boost::asio::io_context& io, const topics::TemporaryFolder& folder,
            const std::string& certificate)
      : acceptor_(io, {boost::asio::ip::address_v4::loopback(), 0}) {
    tls_.use_certificate_file(folder.file(certificate + ".pem"), boost::asio::ssl::context::pem);
    tls_.use_private_key_file(folder.file(certificate + ".key"), boost::asio::ssl::context::pem);
    accept();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  using error_code = boost::system::error_code;
  struct Session {
    Session(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls)
        : stream(std::move(socket), tls) {}
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream;
    std::array<char, 4096> request{};
  };

  void accept() {
    acceptor_.async_accept([this](const error_code& error, boost::asio::ip::tcp::socket socket) {
      if (error) return;
      greet(std::make_shared<Session>(std::move(socket), tls_));
      accept();
    });
  }
  static void greet(const std::shared_ptr<Session>& session) {
    session->stream.async_handshake(
        boost::asio::ssl::stream_base::server, [session](const error_code& error) {
          if (error) return;
          session->stream.async_read_some(
              boost::asio::buffer(session->request),
              [session](const error_code& failed, std::size_t) {
                static const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                if (failed) return;
                boost::asio::async_write(session->stream, boost::asio::buffer(answer),
                                         [session](const error_code&, std::size_t) {});
              });
        });
  }

  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace tidemark::probing
