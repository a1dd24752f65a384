// Published validators judge what the simulator serves. Each line of standard input is a
// kind, a tab and an identifier; one whose kind begins with - must be refused. German tax
// numbers that begin with 0 are for tests: these validators refuse them all, so that
// their check digit has a test of its own.
import { createInterface } from 'node:readline';
import { electronicFormatIBAN, isValidIBAN } from 'ibantools';
import { stdnum } from 'stdnum';

const by = (validator) => (text) => validator.validate(text).isValid;
const validators = {
  'cl.rut': by(stdnum.CL.rut),
  'ca.sin': by(stdnum.CA.sin),
  'ca.bn': by(stdnum.CA.bn),
  'de.iban': (text) => isValidIBAN(electronicFormatIBAN(text)),
  'es.iban': (text) => isValidIBAN(electronicFormatIBAN(text)),
  'es.dni': by(stdnum.ES.dni),
  'es.cif': by(stdnum.ES.cif),
};

const judged = {};
let wrong = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const [name, text] = line.split('\t');
  const kind = name.replace(/^-/, '');
  if (!validators[kind]) continue;
  judged[name] = (judged[name] ?? 0) + 1;
  if (validators[kind](text) === name.startsWith('-') && ++wrong <= 20) console.log(`${name} ${text} is judged otherwise`);
}
console.log(JSON.stringify(judged));
console.log(wrong ? `${wrong} are judged otherwise` : 'all judged right');
process.exitCode = wrong ? 1 : 0;
