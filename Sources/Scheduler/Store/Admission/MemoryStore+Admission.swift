import Linux

// Slots, rates and lines, kept as the tables of Postgres keep them, and decided on by the same plan.

extension MemoryStore {
    func release(_ transition: Transition, _ run: inout Run) {
        for release in transition.releases {
            let holder = Holder(run: transition.run, step: release.step)
            for key in slots.keys { slots[key] = slots[key]?.filter { $0.value != holder } }
            let started = run.tasks[release.step]?.startedAt
            for (key, numbers) in starts {
                for (number, start) in numbers where start.holder == holder && start.until == nil {
                    starts[key]?[number]?.until =
                        started.map { $0 + .milliseconds(start.milliseconds) } ?? now
                }
            }
            run.applications[release.step] = nil
        }
    }

    func apply(_ applications: [Application], to run: inout Run) {
        for application in applications {
            run.applications[application.step] = (nextApplication, application)
            nextApplication += 1
        }
    }

    /// Admits whoever finds room, as the admitter does.
    public func admit() {
        var line: [(rank: Int, number: Int, applicant: AdmissionPlan.Applicant)] = []
        for (id, run) in runs {
            for (step, entry) in run.applications {
                line.append(
                    (
                        -entry.application.priority, entry.number,
                        AdmissionPlan.Applicant(
                            run: id,
                            step: step,
                            admission: entry.application.admission
                        )
                    )
                )
            }
        }
        guard !line.isEmpty else { return }
        line.sort { ($0.rank, $0.number) < ($1.rank, $1.number) }
        let plan = AdmissionPlan(
            line.map(\.applicant),
            slots: slots.mapValues { Set($0.keys) },
            starts: startsThatCount,
            now: now
        )
        for grant in plan.grants { self.grant(grant) }
    }

    private var startsThatCount: [String: [AdmissionPlan.Start]] {
        starts.mapValues { numbers in
            numbers.map { number, start in
                let task = runs[start.holder.run]?.tasks[start.holder.step]
                let running = task?.startedAt.map { $0 + .milliseconds(start.milliseconds) }
                return AdmissionPlan.Start(number: number, until: start.until ?? running)
            }
        }
    }

    private func grant(_ grant: AdmissionPlan.Grant) {
        let applicant = grant.applicant
        let holder = Holder(run: applicant.run, step: applicant.step)
        if let slot = applicant.admission.slot, let number = grant.slot {
            slots[slot.key, default: [:]][number] = holder
        }
        if let rate = applicant.admission.rate, let number = grant.start {
            starts[rate.key, default: [:]][number] = (holder, rate.milliseconds, nil)
        }
        runs[applicant.run]?.applications[applicant.step] = nil
        if applicant.step == 0 {
            runs[applicant.run]?.version += 1
            runs[applicant.run]?.timers[TimerKey(step: 0, kind: .start)] = now
        } else {
            runs[applicant.run]?.tasks[applicant.step]?.status = .ready
        }
    }
}
