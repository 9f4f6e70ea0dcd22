#include "screen.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace bpfcast::demo {

using namespace test;

namespace {

constexpr auto kBetweenTables = 5s;  // when the output is no terminal
constexpr std::size_t kEventsShown = 6;

template <class... Args>
std::string Format(const char* format, Args... args) {
  char line[256];
  std::snprintf(line, sizeof line, format, args...);
  return line;
}

std::string OrDash(const std::optional<double>& ms) {
  return ms ? Format("%.0f", *ms) : "-";
}

std::string Wants(const Wish& wish) {
  std::string text = wish.group.ToString();
  if (wish.only_source) text += " from " + wish.only_source->ToString();
  return text;
}

void ViewerLines(const std::vector<const Viewer*>& viewers, std::vector<std::string>& out) {
  out.push_back(Format("  %-8s %-23s %-4s %-8s %7s %8s %6s %8s %4s %6s %7s", "receiver", "wants", "IGMP",
                       "state", "join ms", "leave ms", "sent", "received", "lost", "double", "unasked"));
  for (const Viewer* viewer : viewers) {
    const Account account = viewer->Now();
    out.push_back(Format(
        "  %-8s %-23s v%-3d %-8s %7s %8s %6llu %8llu %4llu %6llu %7llu", viewer->wish().name.c_str(),
        Wants(viewer->wish()).c_str(), viewer->wish().igmp_version, ToText(viewer->state()),
        OrDash(account.join_ms).c_str(), OrDash(account.leave_ms).c_str(),
        static_cast<unsigned long long>(account.sent), static_cast<unsigned long long>(account.received),
        static_cast<unsigned long long>(account.lost), static_cast<unsigned long long>(account.duplicated),
        static_cast<unsigned long long>(account.unasked)));
  }
}

void PortLines(const nlohmann::json& ports, const std::vector<const Viewer*>& viewers,
               std::vector<std::string>& out) {
  out.push_back(Format("  %-8s %-10s %-8s %-5s %10s %11s  %s", "port", "role", "serves", "hook", "packets in",
                       "packets out", "why this hook"));
  for (const nlohmann::json& port : ports) {
    const std::string name = port.value("name", "");
    std::string serves = "source";
    for (const Viewer* viewer : viewers) {
      if (viewer->wish().port == name) serves = viewer->wish().name;
    }
    const std::string hook = port["hook"].is_string() ? port["hook"].get<std::string>() : "-";
    out.push_back(Format("  %-8s %-10s %-8s %-5s %10llu %10llu   %s", name.c_str(),
                         port.value("role", "").c_str(), serves.c_str(), hook.c_str(),
                         port.value("rx_packets", 0ULL), port.value("tx_packets", 0ULL),
                         port.value("hook_reason", "").c_str()));
  }
}

}  // namespace

Screen::Screen() : terminal_(isatty(STDOUT_FILENO) == 1) {}

void Screen::Event(Clock::duration now, const std::string& what) {
  events_.push_back(Format("  %4.1f s  %s", Seconds(now), what.c_str()));
  if (!terminal_) std::printf("%s\n", events_.back().c_str());
  std::fflush(stdout);
}

void Screen::Draw(Clock::duration now, Clock::duration end, const std::vector<const Viewer*>& viewers,
                  const nlohmann::json& ports, Frequency frequency) {
  if (!terminal_ && frequency == Frequency::kSometimes && last_drawn_ != Clock::duration::min() &&
      now - last_drawn_ < kBetweenTables) {
    return;
  }
  last_drawn_ = now;
  std::vector<std::string> lines{"",
                                 Format("bpfcast demo: source -> router -> 3 receivers      %4.1f of %.0f s",
                                        Seconds(now), Seconds(end)),
                                 ""};
  ViewerLines(viewers, lines);
  lines.emplace_back();
  PortLines(ports, viewers, lines);
  lines.emplace_back();
  if (terminal_) {
    const std::size_t first = events_.size() > kEventsShown ? events_.size() - kEventsShown : 0;
    lines.insert(lines.end(), events_.begin() + static_cast<std::ptrdiff_t>(first), events_.end());
    if (lines_drawn_ > 0) std::printf("\033[%dA\033[J", lines_drawn_);  // up to where it began, erase below
    std::printf("\033[?7l");  // a line that is too long is cut, not wrapped: the next redraw counts lines
  }
  for (const std::string& line : lines) std::printf("%s\n", line.c_str());
  if (terminal_) std::printf("\033[?7h");
  lines_drawn_ = static_cast<int>(lines.size());
  std::fflush(stdout);
}

}  // namespace bpfcast::demo
