#include "bpf/program_run.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <cstring>
#include <stdexcept>

namespace bpfcast::bpftest {
namespace {

// `nanoseconds`: of one run on average, when it is asked for.
Outcome RunProgram(int program, const Bytes& frame, void* context, std::uint32_t context_size, int repeat = 1,
                   std::uint32_t* nanoseconds = nullptr) {
  Bytes out(frame.size() + 512);
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = frame.data();
  options.data_size_in = static_cast<std::uint32_t>(frame.size());
  options.data_out = out.data();
  options.data_size_out = static_cast<std::uint32_t>(out.size());
  options.ctx_in = context;
  options.ctx_size_in = context_size;
  options.repeat = repeat;
  if (const int error = bpf_prog_test_run_opts(program, &options)) {
    throw std::runtime_error(std::string("BPF_PROG_TEST_RUN: ") + std::strerror(-error));
  }
  out.resize(options.data_size_out);
  if (nanoseconds != nullptr) *nanoseconds = options.duration;
  return {options.retval, std::move(out)};
}

}  // namespace

Outcome RunXdp(Lab& lab, const Bytes& frame, std::uint32_t ifindex) {
  xdp_md context{};
  context.data_end = static_cast<std::uint32_t>(frame.size());
  context.ingress_ifindex = ifindex;
  return RunProgram(lab.datapath().object().xdp_program(), frame, &context, sizeof context);
}

Outcome RunTc(Lab& lab, const Bytes& frame, std::uint32_t ifindex) {
  __sk_buff context{};
  context.ifindex = ifindex;
  return RunProgram(lab.datapath().object().tc_program(), frame, &context, sizeof context);
}

PortOutcome RunPort(Lab& lab, Hook hook, const Bytes& frame, std::uint32_t ifindex) {
  if (hook == Hook::kXdp) {
    Outcome xdp = RunXdp(lab, frame, ifindex);
    if (xdp.action == XDP_DROP) return {Fate::kDrop, std::move(xdp.frame), Hook::kXdp};
    if (xdp.action == XDP_REDIRECT) return {Fate::kForward, std::move(xdp.frame), Hook::kXdp};
    if (xdp.action != XDP_PASS) throw std::runtime_error("XDP action " + std::to_string(xdp.action));
    if (xdp.frame != frame) throw std::runtime_error("XDP changed a frame that it passed");
  }
  Outcome tc = RunTc(lab, frame, ifindex);
  if (tc.action == TC_ACT_SHOT) return {Fate::kDrop, std::move(tc.frame), Hook::kTc};
  if (tc.action == TC_ACT_REDIRECT) return {Fate::kForward, std::move(tc.frame), Hook::kTc};
  if (tc.action != static_cast<std::uint32_t>(TC_ACT_UNSPEC)) {
    throw std::runtime_error("TC action " + std::to_string(tc.action));
  }
  return {Fate::kPass, std::move(tc.frame), Hook::kTc};
}

std::string MovedCounter(Lab& lab, Hook hook, const Bytes& frame, PortId arrival) {
  const auto before = lab.datapath().Counters();
  const Fate fate = RunPort(lab, hook, frame, lab.port(arrival).ifindex).fate;
  const auto after = lab.datapath().Counters();
  std::string moved;
  std::uint64_t moves = after->forwarded - before->forwarded;
  if (moves > 0) moved = "forwarded";
  for (std::size_t i = 0; i < after->drops.size(); ++i) {
    const std::uint64_t more = after->drops[i].packets - before->drops[i].packets;
    if (more > 0) moved = after->drops[i].reason;
    moves += more;
  }
  if (moves > 1) return "several";
  return (fate == Fate::kForward) == (moved == "forwarded") ? moved : "not what " + moved + " says";
}

std::uint32_t MeasureProgram(Lab& lab, Hook hook, const Bytes& frame, std::uint32_t ifindex, int packets) {
  const BpfObject& object = lab.datapath().object();
  std::uint32_t nanoseconds = 0;
  if (hook == Hook::kXdp) {
    xdp_md context{};
    context.data_end = static_cast<std::uint32_t>(frame.size());
    context.ingress_ifindex = ifindex;
    RunProgram(object.xdp_program(), frame, &context, sizeof context, packets, &nanoseconds);
  } else {
    __sk_buff context{};
    context.ifindex = ifindex;
    RunProgram(object.tc_program(), frame, &context, sizeof context, packets, &nanoseconds);
  }
  return nanoseconds;
}

std::uint32_t VerifiedInstructions(int program) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  return bpf_obj_get_info_by_fd(program, &info, &size) == 0 ? info.verified_insns : 0;
}

}  // namespace bpfcast::bpftest
