// The configs of recipes/, built in.
#ifndef RTFQ_TOOLS_RECIPES_H_
#define RTFQ_TOOLS_RECIPES_H_

#include <string>

#include "absl/status/statusor.h"
#include "rtfq/train/train_config.pb.h"

namespace rtfq {

// recipes/<name>.textproto as it was when this was built. kNotFound, naming all
// there are, for another name; ParseTextProto()'s errors.
absl::StatusOr<TrainConfig> Recipe(const std::string& name);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_RECIPES_H_
