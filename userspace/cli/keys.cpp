#include "cli/verbs.h"
#include "cli/view.h"
#include "config/reference.h"

namespace bpfcast {

Verb KeysVerb() {
  return {"keys",
          "The reference of the configuration: each key, what may be written, the default, what it does",
          {{Argument::Kind::kOptional, "KEY", "This one alone"}},
          [](const Invocation& invocation) {
            const std::string key = invocation.Get("KEY");
            const auto page =
                invocation.form == Invocation::Form::kJson ? ReferenceJson(key) : ReferenceText(key);
            return page ? Print(*page) : Complain(page.error());
          }};
}

}  // namespace bpfcast
