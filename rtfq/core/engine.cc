#include "rtfq/core/engine.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "rtfq/core/cpu_features.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(int num_threads,
                                                       Profiler* profiler) {
  RTFQ_ASSIGN_OR_RETURN(const int threads, ResolveThreadCount(num_threads));
  auto engine = std::unique_ptr<Engine>(new Engine(threads, profiler));
  RTFQ_RETURN_IF_ERROR(CatchDnnl(*engine, "starting oneDNN", [&] {
    dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
    engine->dnnl_ = std::make_unique<Dnnl>(
        Dnnl{.engine = cpu, .stream = dnnl::stream(cpu)});
  }));
  return engine;
}

Engine::Engine(int num_threads, Profiler* profiler)
    : threads_(num_threads, profiler) {}

Engine::~Engine() = default;

std::string Engine::Description() const {
  return absl::StrCat(CpuDescription(), "; oneDNN uses ", DnnlIsaName(), "; ",
                      threads_.num_threads(), " threads");
}

}  // namespace rtfq
