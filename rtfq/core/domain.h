// The two sides of unsupervised domain adaptation.
#ifndef RTFQ_CORE_DOMAIN_H_
#define RTFQ_CORE_DOMAIN_H_

namespace rtfq {

// Source images have labels, target images have none. A required argument
// wherever it matters: AnyDA's code compares it with a string and silently uses
// domain 0 for both.
enum class Domain { kSource, kTarget };

inline constexpr Domain kDomains[] = {Domain::kSource, Domain::kTarget};

constexpr const char* NameOf(Domain domain) {
  return domain == Domain::kSource ? "source" : "target";
}

}  // namespace rtfq

#endif  // RTFQ_CORE_DOMAIN_H_
