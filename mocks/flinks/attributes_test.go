package flinks_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// analysed is a card whose details were read: what it has, and the figures that it gives.
type analysed struct {
	*kit
	data answer
	path string
}

func analyse(k *kit, user string, options ...any) analysed {
	k.t.Helper()
	auth, data := k.collected(user, options...)
	return analysed{k, data, "/insight/login/" + auth.Text("Login.Id") + "/attributes/" + auth.Text("RequestId")}
}

// figure is one attribute; its detail, too, is in the answer.
func (a analysed) figure(name string, more ...any) answer {
	a.t.Helper()
	body := fields{"Attributes": fields{"Card": []string{name}}, "AttributesDetail": []string{name}}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return a.want(a.post(a.path, body), 200, "")
}

// persona makes a kit whose user is another persona.
func persona(t *testing.T, name string) *kit {
	t.Helper()
	return newKit(t, scripted(map[string]string{"who": "persona: " + name + "\n"}))
}

type served struct {
	date                   string
	debit, credit, balance float64
}

// rows are those of an account, newest first.
func (a analysed) rows(account int) (out []served) {
	for _, r := range a.data.List(fmt.Sprintf("Accounts.%d.Transactions", account)) {
		row := r.(map[string]any)
		debit, _ := row["Debit"].(float64)
		credit, _ := row["Credit"].(float64)
		out = append(out, served{row["Date"].(string), debit, credit, row["Balance"].(float64)})
	}
	return out
}

// A day without a row ends where the day before it did.
func TestDaysBelowZero(t *testing.T) {
	t.Parallel()
	a := analyse(persona(t, "overdrawn"), "greatday_nomfa+who", "DaysOfTransactions", "Days365")
	rows := a.rows(0)
	want, withRow := 0, map[string]bool{}
	for back := range 366 {
		day := noon.AddDate(0, 0, -back).Format(time.DateOnly)
		end := rows[len(rows)-1].balance + rows[len(rows)-1].debit - rows[len(rows)-1].credit
		for _, r := range rows {
			withRow[r.date] = true
			if r.date <= day {
				end = r.balance
				break
			}
		}
		if end < 0 {
			want++
		}
	}
	if got := a.figure("days_with_negative_balance").Number("Card.days_with_negative_balance"); int(got) != want || want <= 90 {
		t.Errorf("%v days below zero, the rows have %d", got, want)
	}
}

// The windows of the figures are those of the rows, and a figure is of one currency.
func TestWindowsAndCurrency(t *testing.T) {
	t.Parallel()
	a := analyse(newKit(t), "greatday_nomfa")
	debits, foreign := 0.0, 0
	for i := range a.data.List("Accounts") {
		for _, r := range a.rows(i) {
			if r.date < noon.AddDate(0, 0, -90).Format(time.DateOnly) {
				t.Errorf("Days90 has a row of %s", r.date)
			}
			if a.data.Text(fmt.Sprintf("Accounts.%d.Currency", i)) != "CAD" {
				foreign++
				continue
			}
			debits += r.debit
		}
	}
	if got := a.figure("sum_debits_90_days").Number("Card.sum_debits_90_days"); math.Abs(got-debits) > 0.005 || foreign == 0 {
		t.Errorf("90 days have debits of %.2f, the rows of Days90 %.2f; %d are of another currency", got, debits, foreign)
	}
	worth := 0.0
	for i := range a.data.List("Accounts") {
		if a.data.Text(fmt.Sprintf("Accounts.%d.Currency", i)) == "CAD" {
			worth += a.data.Number(fmt.Sprintf("Accounts.%d.Balance.Current", i))
		}
	}
	if got := a.figure("balance_current").Number("Card.balance_current"); math.Abs(got-worth) > 0.005 {
		t.Errorf("the balance is %.2f, the accounts have %.2f", got, worth)
	}
}

// Averages are rounded, half a cent up, and those of a shorter look back are of its months.
func TestMonthlyAverages(t *testing.T) {
	t.Parallel()
	a := analyse(newKit(t), "greatday_nomfa", "DaysOfTransactions", "Days365")
	all := a.want(a.get(a.path+"/GetAllAttributes"), 200, "")
	n, cut := 0, 0
	for name, value := range all.At("Card").(map[string]any) {
		measure, ok := strings.CutPrefix(name, "average_monthly_")
		sum, measured := all.At("Card.sum_" + measure + "_365_days").(float64)
		if !ok || !measured {
			continue
		}
		n++
		cents := math.Round(sum * 100)
		if want := math.Floor(cents/12+0.5) / 100; math.Abs(value.(float64)-want) > 0.001 {
			t.Errorf("%s is %v, want %v of %v", name, value, want, sum)
		}
		if math.Floor(cents/12) != math.Floor(cents/12+0.5) {
			cut++
		}
	}
	if n < 15 || cut == 0 {
		t.Errorf("%d averages, of which %d are not whole", n, cut)
	}
	short := a.figure("average_monthly_debits", "LimitDays", 73)
	sum := 0.0
	for _, r := range short.List("Card.AttributesDetail.0.Transactions") {
		sum += r.(map[string]any)["Debit"].(float64)
	}
	if want := sum * 5 / 12; math.Abs(short.Number("Card.average_monthly_debits")-want) > 0.0051 {
		t.Errorf("73 days have a monthly average of %v, want %.4f", short.Number("Card.average_monthly_debits"), want)
	}
}

// Sources of income are work, pensions and public money that pay more than once; what they
// paid is their detail.
func TestIncomeStreams(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ streams, rows int }{
		"power-user": {1, 24}, "overdrawn": {1, 24}, "pensioner": {2, 24}, "gambler": {1, 24}, "joint": {3, 48}, "job-change": {3, 20},
	} {
		a := analyse(persona(t, name), "greatday_nomfa+who", "DaysOfTransactions", "Days365").figure("nbr_income_streams")
		if got := a.Number("Card.nbr_income_streams"); int(got) != want.streams {
			t.Errorf("%s has %v sources of income, want %d", name, got, want.streams)
		}
		if got := len(a.List("Card.AttributesDetail.0.Transactions")); got < want.rows {
			t.Errorf("%s: the sources have paid %d times, want %d", name, got, want.rows)
		}
	}
}

// A company's login says so.
func TestBusinessLogin(t *testing.T) {
	t.Parallel()
	k := persona(t, "business")
	auth := k.login("greatday_nomfa+who")
	if auth.Text("Login.Type") != "Business" {
		t.Errorf("the login of a business is %s", auth.Text("Login.Type"))
	}
	if auth := newKit(t).login("greatday_nomfa"); auth.Text("Login.Type") != "Personal" {
		t.Errorf("the login of a person is %s", auth.Text("Login.Type"))
	}
}
