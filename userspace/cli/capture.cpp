// `bpfcast capture`: multicast packets of ports, those that XDP takes and sends as well.
#include <fcntl.h>
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <limits>
#include <optional>

#include "capture/frame_line.h"
#include "capture/pcapng.h"
#include "capture/port_capture.h"
#include "capture/verdict_text.h"
#include "cli/human.h"
#include "cli/option_values.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "os/os_error.h"

namespace bpfcast {
namespace {

constexpr int kMillisecondsToWait = 20;  // for frames that nobody announces

struct Plan {
  std::vector<std::string> ports;
  SocketTap::Directions directions;
  FrameFilter filter;
  std::uint64_t count = 0;  // 0: until it is told to stop
  std::string file;         // empty: lines on stdout
};

Result<Plan> PlanFrom(const Invocation& invocation) {
  Plan plan;
  plan.ports = invocation.All("interface");
  if (plan.ports.empty()) return Fail("name a port with -i, as in `bpfcast capture -i lan1`");
  const bool both = invocation.Has("in") == invocation.Has("out");
  plan.directions = {both || invocation.Has("in"), both || invocation.Has("out")};
  if (invocation.Has("group")) {
    const auto groups = GroupsFrom(invocation, "group");
    if (!groups) return tl::unexpected(groups.error());
    for (const AnyIp& group : *groups) {
      plan.filter.groups.push_back(std::visit([](const auto& each) { return Mapped(each); }, group));
    }
  }
  const auto sources = AddressesFrom(invocation, "source");
  if (!sources) return tl::unexpected(sources.error());
  for (const AnyIp& source : *sources) {
    plan.filter.sources.push_back(std::visit([](const auto& each) { return Mapped(each); }, source));
  }
  const auto count = NumberFrom(invocation, "count", {1, std::numeric_limits<std::int64_t>::max()}, 0);
  if (!count) return tl::unexpected(count.error());
  plan.count = *count;
  plan.file = invocation.Get("write");
  if (plan.file == "-" && isatty(STDOUT_FILENO) == 1) {
    return Fail("-w -: stdout is a terminal; pipe it, as in `bpfcast capture -i lan1 -w - | tcpdump -nr -`");
  }
  return plan;
}

/// Where the frames go, as pcapng or as lines.
class Output {
 public:
  enum class State : std::uint8_t { kOpen, kClosed, kFailed };  // kClosed: nobody reads any more

  static Result<Output> Open(const Plan& plan, Invocation::Form form) {
    Output output;
    output.form_ = form;
    output.packets_ = !plan.file.empty();
    if (output.packets_ && plan.file != "-") {
      output.file_ = UniqueFd(open(plan.file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
      if (!output.file_) return FailWithErrno("write " + plan.file, errno);
    }
    return output;
  }

  int fd() const { return file_ ? file_.get() : STDOUT_FILENO; }
  State state() const { return state_; }
  int error() const { return error_; }

  void Begin(const std::vector<PortCapture::Port>& ports) {
    ports_ = ports;
    if (!packets_) return;
    text_ = PcapNgHeader();
    for (const PortCapture::Port& port : ports) text_ += PcapNgInterface(port.name, port.link);
  }
  void Add(const CapturedFrame& frame) {
    const PortCapture::Port& port = ports_[frame.port];
    if (packets_) {
      text_ += PcapNgFrame(frame, frame.judgement ? VerdictText(*frame.judgement) : "");
    } else if (form_ == Invocation::Form::kJson) {
      text_ += FrameJson(frame, port.name, port.link) + "\n";
    } else {
      text_ += FrameLine(frame, port.name, port.link) + "\n";
    }
  }
  /// What was added is written when this returns.
  void Flush() {
    std::size_t written = 0;
    while (state_ == State::kOpen && written < text_.size()) {
      const ssize_t size = write(fd(), text_.data() + written, text_.size() - written);
      if (size >= 0) {
        written += static_cast<std::size_t>(size);
      } else if (errno != EINTR) {
        error_ = errno;
        state_ = error_ == EPIPE ? State::kClosed : State::kFailed;
      }
    }
    text_.clear();
  }
  /// The other end of a pipe may go while there is nothing to write.
  void NoteEvents(short events) {
    if ((events & POLLERR) != 0 && state_ == State::kOpen) state_ = State::kClosed;
  }

 private:
  UniqueFd file_;
  Invocation::Form form_ = Invocation::Form::kText;
  bool packets_ = false;
  std::vector<PortCapture::Port> ports_;
  std::string text_;
  State state_ = State::kOpen;
  int error_ = 0;
};

struct Written {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
};

class Run {
 public:
  Run(const Plan& plan, PortCapture& capture, Output& output)
      : plan_(plan), capture_(capture), output_(output) {}

  Written UntilTheEnd(Signals& signals) {
    Progress progress;
    while (!Done() && !signals.Next()) {
      Wait(signals);
      Write(capture_.Take());
      TellTrouble();
      if (!plan_.file.empty()) {
        progress.Show([&] { return fmt::format("{} packets", HumanCount(written_.in + written_.out)); });
      }
    }
    Write(capture_.Finish());
    return written_;
  }

 private:
  bool Done() const {
    return output_.state() != Output::State::kOpen ||
           (plan_.count != 0 && written_.in + written_.out >= plan_.count);
  }
  void Wait(const Signals& signals) const {
    std::vector<pollfd> waiting{{signals.fd(), POLLIN, 0}, {output_.fd(), 0, 0}};
    for (const int fd : capture_.descriptors()) waiting.push_back({fd, POLLIN, 0});
    poll(waiting.data(), waiting.size(), kMillisecondsToWait);
    output_.NoteEvents(waiting[1].revents);
  }
  void Write(const std::vector<CapturedFrame>& frames) {
    for (const CapturedFrame& frame : frames) {
      if (Done()) break;
      ++(frame.direction == FrameDirection::kIn ? written_.in : written_.out);
      output_.Add(frame);
    }
    output_.Flush();
  }
  void TellTrouble() {
    if (capture_.trouble() == told_) return;
    told_ = capture_.trouble();
    if (!told_.empty()) std::fprintf(stderr, "%s\n", told_.c_str());
  }

  const Plan& plan_;
  PortCapture& capture_;
  Output& output_;
  Written written_;
  std::string told_;
};

void TellBegin(const PortCapture& capture) {
  if (!capture.refused().empty()) {
    std::fprintf(stderr, "no verdicts: %s\n", capture.refused().c_str());
    return;
  }
  for (const PortCapture::Port& port : capture.ports()) {
    if (port.arrivals == PortCapture::Port::Arrivals::kOfPrograms) continue;
    std::fprintf(stderr, "%s: no program of bpfcastd serves it, so nothing of it has a verdict\n",
                 port.name.c_str());
  }
}

void TellEnd(const Written& written, const PortCapture::Counts& counts) {
  std::string text =
      fmt::format("{} packets captured, {} in and {} out; {} lost", HumanCount(written.in + written.out),
                  HumanCount(written.in), HumanCount(written.out), HumanCount(counts.lost));
  if (counts.lost > 0)
    text += ", because they came too fast: name a group with -g, or write to a faster disk";
  if (counts.unjudged > 0) {
    text += fmt::format("; of {} the verdict was lost", HumanCount(counts.unjudged));
  }
  if (counts.left_out > 0) {
    text += fmt::format("; {} other multicast packets left out", HumanCount(counts.left_out));
  }
  std::fprintf(stderr, "%s\n", text.c_str());
}

Exit RunCapture(const Invocation& invocation) {
  const auto plan = PlanFrom(invocation);
  if (!plan) return Complain(plan.error());
  auto capture = PortCapture::Start(plan->ports, plan->directions, plan->filter);
  if (!capture) return Complain(capture.error());
  auto output = Output::Open(*plan, invocation.form);
  if (!output) return Complain(output.error());
  std::signal(SIGPIPE, SIG_IGN);
  Signals signals({SIGINT, SIGTERM, SIGHUP});
  TellBegin(*capture);
  output->Begin(capture->ports());
  output->Flush();
  const Written written = Run(*plan, *capture, *output).UntilTheEnd(signals);
  TellEnd(written, capture->counts());
  if (output->state() != Output::State::kFailed) return Exit::kOk;
  return Complain(Error{
      fmt::format("write {}: {}", plan->file.empty() ? "stdout" : plan->file, ErrorText(output->error()))});
}

}  // namespace

Verb CaptureVerb() {
  using Kind = Argument::Kind;
  return {"capture",
          "Captures multicast packets of ports, those that XDP takes and sends as well, with what became "
          "of them, until Ctrl-C",
          {{Kind::kOption, "-i,--interface", "The port; may come several times"},
           {Kind::kOption, "-g,--group", "Only packets to this group; may come several times"},
           {Kind::kOption, "-s,--source", "Only packets of this sender; may come several times"},
           {Kind::kOption, "-c,--count", "Ends after so many packets"},
           {Kind::kFlag, "--in", "Only what arrives"},
           {Kind::kFlag, "--out", "Only what leaves"},
           {Kind::kOption, "-w,--write",
            "A file for tcpdump and Wireshark (pcapng), - for stdout; without it lines"}},
          RunCapture};
}

}  // namespace bpfcast
