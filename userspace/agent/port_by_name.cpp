#include "agent/port_by_name.h"

#include <utility>

namespace bpfcast {

const Port* FindPort(const Ports& ports, const std::string& interface) {
  for (const auto& [id, port] : ports) {
    if (port.config.name == interface) return &port;
  }
  return nullptr;
}

Port* FindPort(Ports& ports, const std::string& interface) {
  return const_cast<Port*>(FindPort(std::as_const(ports), interface));
}

tl::unexpected<Error> NoSuchPort(const Ports& ports, const std::string& interface) {
  std::string known;
  for (const auto& [id, port] : ports) known += (known.empty() ? "" : ", ") + port.config.name;
  return Fail("there is no port '" + interface + "'; there are " + known);
}

}  // namespace bpfcast
