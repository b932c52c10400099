// The bodies of Boost.Asio and Boost.Beast, compiled once for the whole build. Every other file
// sees only declarations: the target tidemark_asio sets BOOST_ASIO_SEPARATE_COMPILATION and
// BOOST_BEAST_SEPARATE_COMPILATION for all of them alike.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
