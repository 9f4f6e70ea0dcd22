#include "support/tracing.h"

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <memory>

#include "support/unique_fd.h"

namespace bpfcast::test {

bool KernelTracesPrograms() {
  const std::unique_ptr<btf, void (*)(btf*)> types(btf__load_vmlinux_btf(), btf__free);
  if (!types) return false;
  bpf_insn load{};
  load.code = BPF_ALU64 | BPF_MOV | BPF_K;
  bpf_insn end{};
  end.code = BPF_JMP | BPF_EXIT;
  const std::array<bpf_insn, 2> instructions{load, end};
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_TRACING;
  attributes.expected_attach_type = BPF_TRACE_FENTRY;
  attributes.insns = reinterpret_cast<std::uintptr_t>(instructions.data());
  attributes.insn_cnt = instructions.size();
  attributes.license = reinterpret_cast<std::uintptr_t>("GPL");
  const int function = btf__find_by_name_kind(types.get(), "bpf_prog_put", BTF_KIND_FUNC);
  if (function < 0) return false;
  attributes.attach_btf_id = static_cast<std::uint32_t>(function);
  const UniqueFd program(static_cast<int>(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes)));
  return program.get() >= 0;
}

}  // namespace bpfcast::test
