// What a person would want to hear before a training of hours begins.
#ifndef RTFQ_TOOLS_TRAINING_ADVICE_H_
#define RTFQ_TOOLS_TRAINING_ADVICE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rtfq/data/dataset.h"
#include "rtfq/train/train_config.pb.h"

namespace rtfq {

// Settings that are allowed and likely to disappoint, a line each: a ResNet
// from random weights, classes without an image to learn from, a domain smaller
// than a batch, and a rate of adaptation beyond the paper's 2e-4 for 128 images
// in proportion to the images (ours, because at 32 images that rate undoes the
// warm-up: docs/results/office31_amazon_webcam). `config` is resolved, `source`
// what is trained on.
std::vector<std::string> TrainingAdvice(const TrainConfig& config,
                                        const DomainDataset& source,
                                        int64_t target_images,
                                        bool from_pretrained);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_TRAINING_ADVICE_H_
