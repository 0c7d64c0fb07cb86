package pg

import (
	"slices"
	"strings"

	"github.com/DataDog/go-sqllexer"
)

// pure are words that may stand before a parenthesis in a statement that changes nothing: functions of PostgreSQL without
// effects, and what is no function.
var pure = wordSet(`
	abs all any array as asc avg avg between bool_and bool_or bpchar btrim by case cast ceil ceiling char_length character_length coalesce
	concat concat_ws count cume_dist current_date current_time current_timestamp date date_part date_trunc dense_rank desc distinct else
	end every except exists extract filter first_value floor format from greatest group having in inner intersect join json_agg
	json_build_array json_build_object jsonb_agg jsonb_build_array jsonb_build_object lag last_value lateral lead least left length like ilike limit
	localtime localtimestamp lower lpad ltrim max md5 min mod not now ntile nullif nulls numeric octet_length offset on or order over
	overlay partition percent_rank position power rank replace reverse right round row row_number row_to_json rpad rtrim
	select sign some split_part sqrt starts_with strpos string_agg substr substring sum table then to_char to_date to_json to_jsonb
	to_number to_timestamp translate trim trunc union unnest upper using values varchar when where and with recursive materialized array_agg
	array_length cardinality generate_series`)

// changing are words at which a statement is taken for one that changes something, or locks.
var changing = wordSet(`insert update delete merge into for call do execute copy lock truncate create alter drop grant revoke nextval setval`)

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[word] = true
	}
	return set
}

// readOnly tells whether the text certainly changes nothing that another could see. It says no whenever in doubt.
func (w *words) readOnly() bool {
	return !w.odd && len(w.statements) > 0 && !slices.ContainsFunc(w.statements, func(s []token) bool { return !reads(s) })
}

func reads(statement []token) bool {
	if !statement[0].is("SELECT", "VALUES", "TABLE", "SHOW", "WITH", "(") {
		return false
	}
	for i, t := range statement {
		word := strings.ToLower(t.value)
		if changing[word] || word == "@" || word == "#" {
			return false
		}
		called := i+1 < len(statement) && statement[i+1].value == "("
		if called && isName(t) && !pure[word] && !declares(statement, i) {
			return false
		}
	}
	return true
}

// isName tells whether the token can be the name of a function.
func isName(t token) bool {
	switch t.kind {
	case sqllexer.STRING, sqllexer.NUMBER, sqllexer.POSITIONAL_PARAMETER, sqllexer.OPERATOR, sqllexer.JSON_OP,
		sqllexer.PUNCTUATION, sqllexer.WILDCARD:
		return false
	}
	return true
}

// declares tells whether the name before a parenthesis is that of a common table expression with columns: WITH t (a, b) AS.
func declares(statement []token, i int) bool {
	return i > 0 && statement[i-1].is("WITH", "RECURSIVE")
}
