#include "base/endpoint.h"

#include <charconv>
#include <system_error>

namespace bpfcast {
namespace {

Result<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return Fail("'" + std::string(text) + "' is no port: 1 to 65535");
  }
  return port;
}

Result<Endpoint> ParseIpv6(std::string_view text) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return Fail("the ']' is missing");
  const std::string_view inside = text.substr(1, close - 1);
  const auto address = Ipv6Address::Parse(inside);
  if (!address) return Fail("'" + std::string(inside) + "' is no IPv6 address");
  if (address->bytes()[0] == 0xfe && (address->bytes()[1] & 0xc0) == 0x80) {
    return Fail("'" + std::string(inside) + "' is link-local and names no interface");
  }
  const std::string_view rest = text.substr(close + 1);
  if (!rest.starts_with(':')) return Fail("the port is missing");
  const auto port = ParsePort(rest.substr(1));
  if (!port) return tl::unexpected(port.error());
  return Endpoint{*address, *port};
}

}  // namespace

Result<Endpoint> Endpoint::Parse(std::string_view text) {
  auto endpoint = [&]() -> Result<Endpoint> {
    if (text.starts_with('[')) return ParseIpv6(text);
    const std::size_t colon = text.rfind(':');
    if (text.find(':') != colon) {
      return Fail("an IPv6 address is written in brackets, as in [::1]:9715");
    }
    const std::string_view host = text.substr(0, colon);
    const auto address = Ipv4Address::Parse(host);
    if (!address) return Fail("'" + std::string(host) + "' is no IPv4 address");
    if (colon == std::string_view::npos) return Fail("the port is missing");
    const auto port = ParsePort(text.substr(colon + 1));
    if (!port) return tl::unexpected(port.error());
    return Endpoint{*address, *port};
  }();
  if (!endpoint) return endpoint;
  const bool multicast =
      std::visit([](const auto& address) { return address.IsMulticast(); }, endpoint->address);
  if (multicast) return Fail("that is a group; nobody can have it as an address");
  return endpoint;
}

std::string Endpoint::ToString() const {
  const std::string number = std::to_string(port);
  if (const auto* ipv4 = std::get_if<Ipv4Address>(&address)) return ipv4->ToString() + ":" + number;
  return "[" + std::get<Ipv6Address>(address).ToString() + "]:" + number;
}

}  // namespace bpfcast
