package statements_test

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
)

const accounts = `CREATE TABLE account (id text PRIMARY KEY, balance int NOT NULL)`
const fresh = `TRUNCATE account; INSERT INTO account VALUES ('a', 10), ('b', 10)`

// both wants that nobody is refused.
func both(one, two string) error {
	if one != "200" || two != "200" {
		return fmt.Errorf("the owner was answered %s, the colleague %s", one, two)
	}
	return nil
}

// oneRefused wants that at most one is refused, and so.
func oneRefused(state string) func(one, two string) error {
	return func(one, two string) error {
		refused := "409 " + state
		if one == "200" && two == "200" || one == refused && two == "200" || one == "200" && two == refused {
			return nil
		}
		return both(one, two)
	}
}

// These are what https://www.postgresql.org/docs/15/explicit-locking.html and transaction-iso.html say.
var _ = Describe("what PostgreSQL does when two transactions meet", func() {
	It("lets the second wait for the row that the first has changed", func(ctx SpecContext) {
		takes := script{lines: `UPDATE account SET balance = balance - 1 WHERE id = 'a'`}
		a := newApplication(ctx, accounts, takes, takes)
		result := a.explore(ctx, fresh, both, a.counts())
		Expect(result).To(harness.HoldInEverySchedule())
		Expect(result.Complete).To(BeTrue())
		Expect(a.waited()).To(BeNumerically(">", 0))
	})

	It("loses no update where the row is read FOR UPDATE, and loses one where it is not", func(ctx SpecContext) {
		reads := func(locking string) script {
			return script{lines: `SELECT set_config('app.seen', balance::text, true) FROM account WHERE id = 'a' ` + locking + `
				UPDATE account SET balance = current_setting('app.seen')::int - 1 WHERE id = 'a'`}
		}
		sound := newApplication(ctx, accounts, reads("FOR UPDATE"), reads("FOR UPDATE"))
		result := sound.explore(ctx, fresh, both, sound.counts())
		Expect(result).To(harness.HoldInEverySchedule())
		Expect(result.Complete).To(BeTrue())
		Expect(sound.waited()).To(BeNumerically(">", 0))

		wrong := newApplication(ctx, accounts, reads(""), reads(""))
		result = wrong.explore(ctx, fresh, oneRefused("40001"), wrong.counts())
		GinkgoWriter.Println(result)
		Expect(result).NotTo(harness.HoldInEverySchedule())
		Expect(verdicts(result)).To(Equal(map[string]string{"read committed": "still wrong", "repeatable read": "refused", "serializable": "refused"}))
	})

	It("lets one transaction in at a time where they take an advisory lock", func(ctx SpecContext) {
		reads := script{lines: `SELECT pg_advisory_xact_lock(7)
			SELECT set_config('app.seen', balance::text, true) FROM account WHERE id = 'a'
			UPDATE account SET balance = current_setting('app.seen')::int - 1 WHERE id = 'a'`}
		a := newApplication(ctx, accounts, reads, reads)
		result := a.explore(ctx, fresh, both, a.counts())
		Expect(result).To(harness.HoldInEverySchedule())
		Expect(result.Complete).To(BeTrue())
		Expect(a.waited()).To(BeNumerically(">", 0))
	})

	It("refuses the second of two equal keys, when the first is committed", func(ctx SpecContext) {
		inserts := script{lines: `INSERT INTO account VALUES ('c', 1)`}
		a := newApplication(ctx, accounts, inserts, inserts)
		result := a.explore(ctx, fresh, func(one, two string) error {
			if one == two {
				return both(one, two)
			}
			return oneRefused("23505")(one, two)
		})
		Expect(result).To(harness.HoldInEverySchedule())
		Expect(a.seen).To(HaveKey("200 and 409 23505"))
		Expect(a.seen).To(HaveKey("409 23505 and 200"))
		Expect(a.waited()).To(BeNumerically(">", 0))
	})

	It("refuses to change what was changed since the snapshot of a repeatable read", func(ctx SpecContext) {
		reads := script{level: pgx.RepeatableRead, lines: `SELECT balance FROM account WHERE id = 'a'
			UPDATE account SET balance = balance - 1 WHERE id = 'a'`}
		a := newApplication(ctx, accounts, reads, reads)
		result := a.explore(ctx, fresh, oneRefused("40001"))
		Expect(result).To(harness.HoldInEverySchedule())
		Expect(result.Complete).To(BeTrue())
		Expect(a.seen).To(HaveKey("200 and 200"))
		Expect(a.seen).To(HaveKey("409 40001 and 200"))
	})

	It("refuses one of two serializable transactions that could not have come one after the other", func(ctx SpecContext) {
		reads := func(of, changes string) script {
			return script{level: pgx.Serializable, lines: `SELECT balance FROM account WHERE id = '` + of + `'
				UPDATE account SET balance = 0 WHERE id = '` + changes + `'`}
		}
		a := newApplication(ctx, accounts, reads("a", "b"), reads("b", "a"))
		result := a.explore(ctx, fresh, oneRefused("40001"))
		Expect(result).To(harness.HoldInEverySchedule())
		Expect(a.seen).To(HaveKey("200 and 200"))
		Expect(len(a.seen)).To(BeNumerically(">", 1))
	})

	It("breaks a deadlock by refusing one", func(ctx SpecContext) {
		takes := func(first, then string) script {
			return script{lines: `UPDATE account SET balance = balance - 1 WHERE id = '` + first + `'
				UPDATE account SET balance = balance - 1 WHERE id = '` + then + `'`}
		}
		a := newApplication(ctx, accounts, takes("a", "b"), takes("b", "a"))
		result := a.explore(ctx, fresh, oneRefused("40P01"))
		Expect(result).To(harness.HoldInEverySchedule())
		Expect(result.Complete).To(BeTrue())
		Expect(a.seen).To(HaveKey("200 and 200"))
		Expect(a.seen).To(Or(HaveKey("409 40P01 and 200"), HaveKey("200 and 409 40P01")))
	})
})

// verdicts are those of the first failure, by isolation level.
func verdicts(r *harness.ExploreResult) map[string]string {
	all := map[string]string{}
	for _, v := range r.Failures[0].Isolation {
		all[v.Level] = v.Verdict
	}
	return all
}

// counts is the invariant that each who was answered 200 has taken one from account a.
func (a *application) counts() harness.ExploreOption {
	return harness.Invariant("who was answered 200 has taken one", func(ctx context.Context) error {
		var balance int
		if err := a.pool.QueryRow(ctx, `SELECT balance FROM account WHERE id = 'a'`).Scan(&balance); err != nil {
			return err
		}
		if taken := a.count("200"); balance != 10-taken {
			return fmt.Errorf("%d were answered 200, and of 10 there are %d left", taken, balance)
		}
		return nil
	})
}
